import {
  Form,
  FormGroup,
  FormHelperText,
  HelperText,
  HelperTextItem,
  Radio,
  TextArea,
} from "@patternfly/react-core";
import { useState } from "react";
import type { CredentialForm, CredentialId, CredentialKind } from "@/ipc/bindings";
import { useAppInfo } from "@/ipc/queries/app";
import { useSaveCredential } from "@/ipc/queries/credentials";
import type { CredentialView } from "@/ipc/whole";
import { CREDENTIAL_KINDS } from "@/lib/bmcs";
import { words } from "@/lib/fields";
import { ConfirmDialog } from "./ConfirmDialog";
import { TextField } from "./TextField";

type Draft = {
  name: string;
  user: string;
  kind: CredentialKind;
  secret: string;
  addresses: string;
  labels: string;
};

const KINDS = Object.keys(CREDENTIAL_KINDS) as CredentialKind[];

const draftOf = (profile: CredentialView | null): Draft => ({
  name: profile?.name ?? "",
  user: profile?.user_name ?? "root",
  kind: profile?.kind ?? "password",
  secret: "",
  addresses: profile?.scope.addresses.join(" ") ?? "",
  labels: profile?.scope.labels.join(" ") ?? "",
});

/** What keeps the profile from being saved. */
export function credentialProblem(draft: Draft, isNew: boolean): string | null {
  if (!draft.name.trim()) return "The profile needs a name";
  if (!draft.user.trim()) return "The user name is needed";
  if (draft.kind === "ssh_key" && draft.secret && !draft.secret.includes("PRIVATE KEY"))
    return "This is not a private key: it begins with -----BEGIN … PRIVATE KEY-----";
  if (isNew && draft.kind !== "ssh_agent" && !draft.secret)
    return draft.kind === "password" ? "The password is needed" : "The private key is needed";
  return null;
}

const asForm = (draft: Draft, profile: CredentialView | null): CredentialForm => ({
  id: profile?.id ?? null,
  name: draft.name.trim(),
  user_name: draft.user.trim(),
  kind: draft.kind,
  secret: draft.kind === "ssh_agent" ? null : draft.secret || null,
  scope: { addresses: words(draft.addresses), labels: words(draft.labels) },
});

type FieldsProps = { draft: Draft; isNew: boolean; onChange: (part: Partial<Draft>) => void };

/** The secret is typed and never shown again. */
function SecretField({ draft, isNew, onChange }: FieldsProps) {
  const kept = isNew ? undefined : "Empty: the one that is stored stays.";
  switch (draft.kind) {
    case "ssh_agent":
      return null;
    case "password":
      return (
        <TextField
          id="credential-secret"
          label="Password"
          type="password"
          required={isNew}
          value={draft.secret}
          onChange={(secret) => onChange({ secret })}
          hint={kept ?? "An IMC takes at least 14 characters."}
        />
      );
    case "ssh_key":
      return (
        <FormGroup label="Private key" fieldId="credential-secret" isRequired={isNew}>
          <TextArea
            id="credential-secret"
            className="slipway-secret"
            value={draft.secret}
            rows={5}
            spellCheck={false}
            autoComplete="off"
            resizeOrientation="vertical"
            placeholder="-----BEGIN OPENSSH PRIVATE KEY-----"
            aria-describedby="credential-secret-help"
            onChange={(_event, secret) => onChange({ secret })}
          />
          <FormHelperText id="credential-secret-help">
            <HelperText>
              <HelperTextItem>
                {kept ?? "OpenSSH or PKCS#8 form, without a passphrase."}
              </HelperTextItem>
            </HelperText>
          </FormHelperText>
        </FormGroup>
      );
  }
}

function Fields({ draft, isNew, onChange }: FieldsProps) {
  return (
    <>
      <TextField
        id="credential-name"
        label="Name"
        required
        value={draft.name}
        onChange={(name) => onChange({ name })}
        hint="As people call it, such as lab-imcs."
      />
      <FormGroup role="radiogroup" label="What proves who we are" fieldId="credential-kind" isStack>
        {KINDS.map((kind) => (
          <Radio
            key={kind}
            id={`credential-kind-${kind}`}
            name="credential-kind"
            label={CREDENTIAL_KINDS[kind].word}
            description={CREDENTIAL_KINDS[kind].hint}
            isChecked={draft.kind === kind}
            onChange={() => onChange({ kind, secret: "" })}
          />
        ))}
      </FormGroup>
      <TextField
        id="credential-user"
        label="User name"
        required
        value={draft.user}
        onChange={(user) => onChange({ user })}
      />
      <SecretField draft={draft} isNew={isNew} onChange={onChange} />
      <TextField
        id="credential-addresses"
        label="For these addresses"
        value={draft.addresses}
        onChange={(addresses) => onChange({ addresses })}
        placeholder="imc-*.lab 10.1.0.0/16"
        hint="Names with *, addresses, networks. Empty: only where somebody names the profile."
      />
      <TextField
        id="credential-labels"
        label="For these labels"
        value={draft.labels}
        onChange={(labels) => onChange({ labels })}
        placeholder="rack-7"
      />
    </>
  );
}

type Props = {
  /** `null`: a new one. */
  profile: CredentialView | null;
  onClose: () => void;
  onSaved?: (id: CredentialId) => void;
};

/** Makes a credential profile, or changes one. */
export function CredentialDialog({ profile, onClose, onSaved }: Props) {
  const [draft, setDraft] = useState(() => draftOf(profile));
  const save = useSaveCredential();
  const { data: app } = useAppInfo();
  const isNew = profile === null || profile.kind !== draft.kind;
  return (
    <ConfirmDialog
      title={profile ? `Change the profile ${profile.name}` : "New credential profile"}
      confirm={profile ? "Save the profile" : "Make the profile"}
      variant="medium"
      busy={save.isPending}
      whyNot={credentialProblem(draft, isNew)}
      error={save.error}
      onClose={onClose}
      onConfirm={() =>
        save.mutate(asForm(draft, profile), {
          onSuccess: (id) => {
            onSaved?.(id);
            onClose();
          },
        })
      }
    >
      <Form onSubmit={(event) => event.preventDefault()}>
        <Fields draft={draft} isNew={isNew} onChange={(part) => setDraft({ ...draft, ...part })} />
      </Form>
      <p className="slipway-subtle slipway-above">
        The secret is kept in the {app?.secrets ?? "secret store"} and is never shown again.
      </p>
    </ConfirmDialog>
  );
}
