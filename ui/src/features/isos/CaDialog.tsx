import { Content } from "@patternfly/react-core";
import { SaveDialog } from "@/components/SaveDialog";
import { useAppInfo } from "@/ipc/queries/app";
import { useExportCa } from "@/ipc/queries/bundles";

/** Our CA's certificate, for whoever fetches ISOs over HTTPS. Its key never leaves. */
export function CaDialog({ onClose }: { onClose: () => void }) {
  const save = useExportCa();
  const { data: app } = useAppInfo();
  return (
    <SaveDialog
      title="Save the CA's certificate"
      name="slipway-ca.pem"
      save={save}
      onClose={onClose}
    >
      <Content component="p">
        ISOs are served under a certificate of Slipway's own authority. A reader that is to trust it
        needs this file: <code>curl --cacert slipway-ca.pem …</code>. An IMC gets it by itself when
        it is prepared.
      </Content>
      {app && (
        <Content component="p">
          Fingerprint: <code>{app.ca_fingerprint}</code>
        </Content>
      )}
    </SaveDialog>
  );
}
