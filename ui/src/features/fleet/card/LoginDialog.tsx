import { Content, Form } from "@patternfly/react-core";
import { useState } from "react";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { SelectField } from "@/components/SelectField";
import type { DpuView, ImcSshLogin, NewLogin } from "@/ipc/bindings";
import { useCredentials, useSetCardLogin } from "@/ipc/queries/credentials";
import type { CredentialView } from "@/ipc/whole";

/** Words of a select that are no profile's id. */
const STAYS = "";
const AS_REDFISH = "as redfish";
const EMPTY = "empty";

const optionsOf = (profiles: CredentialView[]) =>
  profiles.map((one) => ({ value: one.id, word: `${one.name} (${one.user_name})` }));

const loginBy = (profile: string): NewLogin | null =>
  profile === STAYS ? null : { login: "profile", profile };

function sshBy(chosen: string): ImcSshLogin | null {
  switch (chosen) {
    case STAYS:
      return null;
    case AS_REDFISH:
      return { login: "as_redfish" };
    case EMPTY:
      return { login: "empty_password" };
    default:
      return { login: "profile", credential: chosen };
  }
}

type Props = { view: DpuView; onClose: () => void };

/** By which profiles a card is logged in to; that of its Redfish is tried before it is kept. */
export function LoginDialog({ view, onClose }: Props) {
  const { data: profiles = [], error } = useCredentials();
  const [imc, setImc] = useState(STAYS);
  const [ssh, setSsh] = useState(STAYS);
  const [acc, setAcc] = useState(STAYS);
  const save = useSetCardLogin(view.row.id);
  const { logins } = view;
  const passwords = profiles.filter((one) => one.kind === "password");
  const nothing = [imc, ssh, acc].every((chosen) => chosen === STAYS);
  return (
    <ConfirmDialog
      title={`Logins of ${view.row.name}`}
      confirm="Try and keep them"
      busy={save.isPending}
      whyNot={nothing ? "Choose another login first" : null}
      error={save.error ?? error}
      onClose={onClose}
      onConfirm={() =>
        save.mutate(
          { dpu: view.row.id, imc: loginBy(imc), imc_ssh: sshBy(ssh), acc: loginBy(acc) },
          { onSuccess: onClose },
        )
      }
    >
      <Content component="p">
        The login of Redfish is tried once at {view.row.imc} before it is kept.
      </Content>
      <Form onSubmit={(event) => event.preventDefault()}>
        <SelectField
          id="login-imc"
          label="Redfish of the IMC"
          value={imc}
          options={[{ value: STAYS, word: `As now: ${logins.imc.text}` }, ...optionsOf(passwords)]}
          onChange={setImc}
        />
        <SelectField
          id="login-ssh"
          label="SSH of the IMC"
          value={ssh}
          options={[
            { value: STAYS, word: `As now: ${logins.imc_ssh_text}` },
            { value: AS_REDFISH, word: "As Redfish" },
            { value: EMPTY, word: "Root without a password, as IMCs are shipped" },
            ...optionsOf(profiles),
          ]}
          onChange={setSsh}
          hint="Slipway's fleet key is always offered first."
        />
        <SelectField
          id="login-acc"
          label="SSH of the ACC"
          value={acc}
          options={[
            { value: STAYS, word: `As now: ${logins.acc?.text ?? "Slipway's fleet key"}` },
            ...optionsOf(profiles),
          ]}
          onChange={setAcc}
        />
      </Form>
    </ConfirmDialog>
  );
}
