import { Form } from "@patternfly/react-core";
import { useState } from "react";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { TextField } from "@/components/TextField";
import { useAppInfo } from "@/ipc/queries/app";
import { useRegistryLogin } from "@/ipc/queries/registries";

/** A registry's name, not a URL: what an image reference begins with. */
export function registryProblem(text: string): string | null {
  const trimmed = text.trim();
  if (!trimmed) return "Give the registry";
  if (/^[a-z]+:\/\//i.test(trimmed)) return "Without https://, as an image reference has it";
  return /\s/.test(trimmed) ? "host or host:port, with no space in it" : null;
}

/** Tries a login, and keeps it where the registry takes it. */
export function LoginDialog({ onClose }: { onClose: () => void }) {
  const [registry, setRegistry] = useState("");
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const login = useRegistryLogin();
  const { data: app } = useAppInfo();
  const problem = registryProblem(registry);
  const whyNot = (() => {
    if (problem) return problem;
    if (!user.trim()) return "The user name is needed";
    return password ? null : "The password is needed";
  })();
  return (
    <ConfirmDialog
      title="Log in to a registry"
      confirm="Try it, and keep it"
      variant="medium"
      busy={login.isPending}
      whyNot={whyNot}
      error={login.error}
      onClose={onClose}
      onConfirm={() =>
        login.mutate(
          { registry: registry.trim(), user: user.trim(), password },
          { onSuccess: onClose },
        )
      }
    >
      <Form onSubmit={(event) => event.preventDefault()}>
        <TextField
          id="login-registry"
          label="Registry"
          required
          value={registry}
          problem={problem}
          placeholder="quay.io"
          onChange={setRegistry}
          hint="host or host:port, as image references begin."
        />
        <TextField
          id="login-user"
          label="User name"
          required
          value={user}
          placeholder="lab+robot"
          onChange={setUser}
        />
        <TextField
          id="login-password"
          label="Password or token"
          type="password"
          required
          value={password}
          onChange={setPassword}
        />
      </Form>
      <p className="slipway-subtle slipway-above">
        It is kept in the {app?.secrets ?? "secret store"}, and is never shown again.
      </p>
    </ConfirmDialog>
  );
}
