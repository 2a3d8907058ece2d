import { Button, Content, Stack, StackItem } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useState } from "react";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { ErrorAlert } from "@/components/ErrorAlert";
import { Loading } from "@/components/Loading";
import { ReasonedButton } from "@/components/ReasonedButton";
import type { RegistryLoginView, RegistrySettingsView } from "@/ipc/bindings";
import { useRegistryLogout, useRegistrySettings } from "@/ipc/queries/registries";
import { AcceptedCertificates } from "./AcceptedCertificates";
import { LoginDialog } from "./LoginDialog";
import { RegistryForm } from "./RegistryForm";

function from({ source }: RegistryLoginView): string {
  switch (source.from) {
    case "slipway":
      return "Slipway";
    case "auth_file":
      return source.path;
    case "helper":
      return `${source.path}: only the helper ${source.helper} knows it`;
  }
}

const whyNotRemove = ({ source, registry }: RegistryLoginView) =>
  source.from === "slipway" ? null : `It is podman's: podman logout ${registry} forgets it`;

function ForgetDialog({ login, onClose }: { login: RegistryLoginView; onClose: () => void }) {
  const logout = useRegistryLogout();
  return (
    <ConfirmDialog
      title={`Forget the login of ${login.registry}?`}
      confirm="Forget the login"
      danger
      busy={logout.isPending}
      error={logout.error}
      onClose={onClose}
      onConfirm={() => logout.mutate(login.registry, { onSuccess: onClose })}
    >
      {login.user} and its password are removed here. The registry keeps its user.
    </ConfirmDialog>
  );
}

function Logins({ logins }: { logins: RegistryLoginView[] }) {
  const [forgetting, setForgetting] = useState<RegistryLoginView | null>(null);
  if (logins.length === 0) {
    return <p className="slipway-subtle">None. Registries that want no login need none.</p>;
  }
  return (
    <>
      <Table aria-label="Logins of registries" variant="compact">
        <Thead>
          <Tr>
            <Th>Registry</Th>
            <Th>User</Th>
            <Th>Kept by</Th>
            <Th screenReaderText="Actions" />
          </Tr>
        </Thead>
        <Tbody>
          {logins.map((login) => (
            <Tr key={`${login.registry} ${from(login)}`} data-testid={`login-${login.registry}`}>
              <Td dataLabel="Registry">
                <code>{login.registry}</code>
              </Td>
              <Td dataLabel="User">
                {login.user ?? <span className="slipway-subtle">not known</span>}
              </Td>
              <Td dataLabel="Kept by">{from(login)}</Td>
              <Td isActionCell modifier="nowrap">
                <ReasonedButton
                  variant="link"
                  size="sm"
                  isDanger
                  whyNot={whyNotRemove(login)}
                  onClick={() => setForgetting(login)}
                  aria-label={`Forget the login of ${login.registry}`}
                >
                  Forget…
                </ReasonedButton>
              </Td>
            </Tr>
          ))}
        </Tbody>
      </Table>
      {forgetting && <ForgetDialog login={forgetting} onClose={() => setForgetting(null)} />}
    </>
  );
}

function Known({ view }: { view: RegistrySettingsView }) {
  const [adding, setAdding] = useState(false);
  return (
    <Stack hasGutter>
      <StackItem>
        <Content component="h2">Logins</Content>
        <div className="slipway-toolbar-row">
          <Content component="p">
            Builds, pushes, ISOs and upgrade checks use them. Slipway's own come first.
          </Content>
          <span className="slipway-push">
            <Button variant="secondary" onClick={() => setAdding(true)} data-testid="add-login">
              Log in to a registry…
            </Button>
          </span>
        </div>
      </StackItem>
      <StackItem>
        <Logins logins={view.logins} />
      </StackItem>
      <StackItem>
        <AcceptedCertificates accepted={view.accepted} />
      </StackItem>
      <StackItem>
        <Content component="h2">How registries are asked</Content>
        <RegistryForm key={JSON.stringify(view.settings)} view={view} />
      </StackItem>
      {adding && <LoginDialog onClose={() => setAdding(false)} />}
    </Stack>
  );
}

/** Who we are to registries, and whose certificates are trusted. */
export function LoginsTab() {
  const { data, error, refetch } = useRegistrySettings();
  if (error) {
    return <ErrorAlert error={error} title="The logins could not be read" onRetry={refetch} />;
  }
  return data ? <Known view={data} /> : <Loading words="Reading the logins" rows={4} />;
}
