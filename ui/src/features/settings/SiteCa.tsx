import {
  Button,
  Card,
  CardBody,
  CardTitle,
  Content,
  Form,
  FormGroup,
  FormHelperText,
  HelperText,
  HelperTextItem,
  Label,
  TextArea,
} from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useState } from "react";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { ErrorAlert } from "@/components/ErrorAlert";
import type { CertificateInfo, SiteCaView } from "@/ipc/bindings";
import { useSetSiteCa, useSiteCa } from "@/ipc/queries/pins";
import { day } from "@/lib/time";

function Authorities({ authorities }: { authorities: CertificateInfo[] }) {
  return (
    <Table aria-label="Authorities of the site" variant="compact">
      <Thead>
        <Tr>
          <Th>Authority</Th>
          <Th>Fingerprint</Th>
          <Th modifier="fitContent">Valid until</Th>
        </Tr>
      </Thead>
      <Tbody>
        {authorities.map((one) => (
          <Tr key={one.fingerprint}>
            <Td dataLabel="Authority">{one.subject ?? "without a name"}</Td>
            <Td dataLabel="Fingerprint">
              <code>{one.fingerprint}</code>
            </Td>
            <Td dataLabel="Valid until" modifier="nowrap">
              {one.not_after ? day(one.not_after) : "–"}{" "}
              {one.not_after && Date.parse(one.not_after) < Date.now() && (
                <Label color="red" isCompact>
                  expired
                </Label>
              )}
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

function BundleDialog({ ca, onClose }: { ca: SiteCaView; onClose: () => void }) {
  const [pem, setPem] = useState(ca.pem ?? "");
  const save = useSetSiteCa();
  const isPem = pem.includes("-----BEGIN CERTIFICATE-----");
  const whyNot = isPem ? null : "Paste certificates in PEM form";
  return (
    <ConfirmDialog
      title="Authorities of the site"
      confirm="Trust these authorities"
      variant="medium"
      busy={save.isPending}
      whyNot={whyNot}
      error={save.error}
      onClose={onClose}
      onConfirm={() => save.mutate(pem, { onSuccess: onClose })}
    >
      <Form onSubmit={(event) => event.preventDefault()}>
        <FormGroup label="CA bundle" fieldId="ca-bundle" isRequired>
          <TextArea
            id="ca-bundle"
            value={pem}
            rows={10}
            resizeOrientation="vertical"
            spellCheck={false}
            placeholder="-----BEGIN CERTIFICATE-----"
            aria-describedby="ca-bundle-help"
            onChange={(_event, text) => setPem(text)}
          />
          <FormHelperText id="ca-bundle-help">
            <HelperText>
              <HelperTextItem variant={pem && !isPem ? "error" : "default"}>
                {pem.includes("PRIVATE KEY")
                  ? "There is a private key in it: leave it out."
                  : "One or more CA certificates, PEM. A Redfish certificate that one of them vouches for needs no person."}
              </HelperTextItem>
            </HelperText>
          </FormHelperText>
        </FormGroup>
      </Form>
    </ConfirmDialog>
  );
}

function ForgetDialog({ onClose }: { onClose: () => void }) {
  const save = useSetSiteCa();
  return (
    <ConfirmDialog
      title="Trust no authority any more?"
      confirm="Trust none"
      danger
      busy={save.isPending}
      error={save.error}
      onClose={onClose}
      onConfirm={() => save.mutate(null, { onSuccess: onClose })}
    >
      What is pinned stays pinned. A certificate that is new has to be accepted by a person again.
    </ConfirmDialog>
  );
}

/** The certificate authorities of the site, for BMCs and registries with certificates of theirs. */
export function SiteCa() {
  const { data: ca, error, refetch } = useSiteCa();
  const [open, setOpen] = useState<"edit" | "forget" | null>(null);
  return (
    <Card>
      <CardTitle component="h2">Authorities of the site</CardTitle>
      <CardBody>
        {error && <ErrorAlert error={error} title="They could not be read" onRetry={refetch} />}
        {ca && ca.authorities.length === 0 && (
          <Content component="p">
            None: every certificate is accepted by a person. Where your BMCs or registries have
            certificates of your own authority, give its bundle here.
          </Content>
        )}
        {ca && ca.authorities.length > 0 && <Authorities authorities={ca.authorities} />}
        {ca && (
          <div className="slipway-toolbar-row slipway-above">
            <Button variant="secondary" onClick={() => setOpen("edit")}>
              {ca.pem ? "Change the bundle…" : "Give a bundle…"}
            </Button>
            {ca.pem && (
              <Button variant="link" isDanger onClick={() => setOpen("forget")}>
                Trust none…
              </Button>
            )}
          </div>
        )}
      </CardBody>
      {open === "edit" && ca && <BundleDialog ca={ca} onClose={() => setOpen(null)} />}
      {open === "forget" && <ForgetDialog onClose={() => setOpen(null)} />}
    </Card>
  );
}
