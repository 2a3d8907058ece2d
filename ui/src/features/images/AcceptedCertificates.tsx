import { Alert, Button, Content, Form } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useState } from "react";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { Fingerprints } from "@/components/Fingerprints";
import { TextField } from "@/components/TextField";
import type { AcceptedRegistry, RegistryCertificate } from "@/ipc/bindings";
import {
  useDistrustRegistry,
  useRegistryCertificate,
  useTrustRegistry,
} from "@/ipc/queries/registries";
import { day } from "@/lib/time";
import { registryProblem } from "./LoginDialog";

function Shown({ seen }: { seen: RegistryCertificate }) {
  const { shown, accepted } = seen;
  const before = accepted === shown.fingerprint ? null : accepted;
  return (
    <>
      {before && (
        <Alert
          isInline
          variant="danger"
          title="Another certificate was accepted before: somebody may stand between"
        />
      )}
      {seen.trusted && <Alert isInline variant="success" title="It is trusted as it is" />}
      <Fingerprints pinned={before} seen={shown.fingerprint} of={seen.registry} />
      <Content component="p">
        By its own word it is of {shown.subject ?? "nobody"}, for{" "}
        {shown.names.join(", ") || "no name"}
        {shown.not_after && `, until ${day(shown.not_after)}`}. Compare the fingerprint with what
        the registry's owner says. It is trusted for this registry alone, by podman and skopeo too.
      </Content>
    </>
  );
}

/** First what it shows, then a person's word. */
function AcceptDialog({ onClose }: { onClose: () => void }) {
  const [registry, setRegistry] = useState("");
  const look = useRegistryCertificate();
  const trust = useTrustRegistry();
  const seen = look.data;
  const problem = registryProblem(registry);
  const confirm = () => {
    if (!seen) return look.mutate(registry.trim());
    trust.mutate(
      { registry: seen.registry, fingerprint: seen.shown.fingerprint },
      { onSuccess: onClose },
    );
  };
  return (
    <ConfirmDialog
      title="Accept a registry's certificate"
      confirm={seen ? "Accept the certificate" : "Look at its certificate"}
      variant="medium"
      busy={look.isPending || trust.isPending}
      whyNot={seen?.trusted ? "It is trusted as it is" : problem}
      error={look.error ?? trust.error}
      onClose={onClose}
      onConfirm={confirm}
    >
      <Form onSubmit={(event) => event.preventDefault()}>
        <TextField
          id="accept-registry"
          label="Registry"
          required
          value={registry}
          problem={problem}
          placeholder="registry.example.com:5000"
          onChange={(text) => {
            setRegistry(text);
            look.reset();
            trust.reset();
          }}
          hint="host or host:port, as image references begin."
        />
      </Form>
      {seen && <Shown seen={seen} />}
    </ConfirmDialog>
  );
}

function ForgetDialog({ registry, onClose }: { registry: string; onClose: () => void }) {
  const forget = useDistrustRegistry();
  return (
    <ConfirmDialog
      title={`Forget the certificate of ${registry}?`}
      confirm="Forget the certificate"
      danger
      busy={forget.isPending}
      error={forget.error}
      onClose={onClose}
      onConfirm={() => forget.mutate(registry, { onSuccess: onClose })}
    >
      The registry is then trusted only by the system's authorities, podman's certs.d and the
      site's.
    </ConfirmDialog>
  );
}

/** Registries whose certificate a person accepted by its fingerprint. */
export function AcceptedCertificates({ accepted }: { accepted: AcceptedRegistry[] }) {
  const [open, setOpen] = useState<{ forget: string } | "accept" | null>(null);
  const close = () => setOpen(null);
  return (
    <>
      <Content component="h2">Accepted certificates</Content>
      <div className="slipway-toolbar-row">
        <Content component="p">
          For a registry whose certificate nobody vouches for: accepted by its fingerprint.
        </Content>
        <span className="slipway-push">
          <Button
            variant="secondary"
            onClick={() => setOpen("accept")}
            data-testid="accept-certificate"
          >
            Accept a certificate…
          </Button>
        </span>
      </div>
      {accepted.length > 0 && (
        <Table aria-label="Accepted certificates of registries" variant="compact">
          <Thead>
            <Tr>
              <Th>Registry</Th>
              <Th>Fingerprint</Th>
              <Th modifier="fitContent">Valid until</Th>
              <Th screenReaderText="Actions" />
            </Tr>
          </Thead>
          <Tbody>
            {accepted.map(({ registry, certificate }) => (
              <Tr key={registry} data-testid={`accepted-${registry}`}>
                <Td dataLabel="Registry">
                  <code>{registry}</code>
                </Td>
                <Td dataLabel="Fingerprint">
                  <code>{certificate.fingerprint}</code>
                </Td>
                <Td dataLabel="Valid until" modifier="nowrap">
                  {certificate.not_after ? day(certificate.not_after) : "–"}
                </Td>
                <Td isActionCell modifier="nowrap">
                  <Button
                    variant="link"
                    size="sm"
                    isDanger
                    onClick={() => setOpen({ forget: registry })}
                    aria-label={`Forget the certificate of ${registry}`}
                  >
                    Forget…
                  </Button>
                </Td>
              </Tr>
            ))}
          </Tbody>
        </Table>
      )}
      {open === "accept" && <AcceptDialog onClose={close} />}
      {open !== null && open !== "accept" && (
        <ForgetDialog registry={open.forget} onClose={close} />
      )}
    </>
  );
}
