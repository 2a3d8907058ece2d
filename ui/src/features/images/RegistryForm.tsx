import { Alert, Content, Form } from "@patternfly/react-core";
import { useState } from "react";
import { Link } from "react-router";
import { ErrorAlert } from "@/components/ErrorAlert";
import { ReasonedButton } from "@/components/ReasonedButton";
import { TextField } from "@/components/TextField";
import type { RegistrySettingsView } from "@/ipc/bindings";
import { useSetRegistrySettings } from "@/ipc/queries/registries";
import { orNull } from "@/lib/fields";
import { listed } from "@/lib/format";

/** Which auth file is read, and where authorities of single registries lie. */
export function RegistryForm({ view }: { view: RegistrySettingsView }) {
  const { settings, usual_places } = view;
  const [authFile, setAuthFile] = useState(settings.auth_file ?? "");
  const [certsDir, setCertsDir] = useState(settings.certs_dir ?? "");
  const save = useSetRegistrySettings();
  const wanted = { auth_file: orNull(authFile), certs_dir: orNull(certsDir) };
  const isSame =
    wanted.auth_file === (settings.auth_file ?? null) &&
    wanted.certs_dir === (settings.certs_dir ?? null);
  const there = usual_places.filter((place) => place.exists).map((place) => place.path);
  return (
    <Form isWidthLimited onSubmit={(event) => event.preventDefault()}>
      <TextField
        id="registry-auth-file"
        label="Auth file"
        value={authFile}
        placeholder="/home/ada/pull-secret.json"
        onChange={setAuthFile}
        hint={
          there.length > 0
            ? `Empty: podman's own, ${listed(there)}`
            : "An auth.json or pull secret. Empty: podman's usual places, where there is none now."
        }
      />
      <TextField
        id="registry-certs"
        label="Folder of certificates"
        value={certsDir}
        placeholder="/home/ada/certs.d"
        onChange={setCertsDir}
        hint="As podman's certs.d: HOST:PORT/ca.crt in it is trusted for that registry alone."
      />
      <Content component="p">
        A registry whose certificate is from the site's own authority needs only that authority:{" "}
        <Link to="/settings/trust">Settings, Trust</Link>.
      </Content>
      <div>
        <ReasonedButton
          variant="secondary"
          whyNot={isSame ? "Nothing was changed" : null}
          isLoading={save.isPending}
          onClick={() => save.mutate(wanted)}
          testId="save-registries"
        >
          Save
        </ReasonedButton>
      </div>
      {save.error && <ErrorAlert error={save.error} title="Nothing was changed" />}
      {save.isSuccess && isSame && <Alert isInline isPlain variant="success" title="Saved" />}
    </Form>
  );
}
