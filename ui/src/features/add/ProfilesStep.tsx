import { Button, Checkbox, Content, Stack, StackItem } from "@patternfly/react-core";
import PlusIcon from "@patternfly/react-icons/dist/esm/icons/plus-icon";
import { useState } from "react";
import { CredentialDialog } from "@/components/CredentialDialog";
import { ErrorAlert } from "@/components/ErrorAlert";
import { Loading } from "@/components/Loading";
import { TextField } from "@/components/TextField";
import type { CredentialId } from "@/ipc/bindings";
import { useCredentials } from "@/ipc/queries/credentials";
import type { CredentialView } from "@/ipc/whole";
import { CREDENTIAL_KINDS } from "@/lib/bmcs";

const describe = (profile: CredentialView) =>
  [
    CREDENTIAL_KINDS[profile.kind].word,
    `user ${profile.user_name}`,
    profile.scope.addresses.length > 0 && `for ${profile.scope.addresses.join(", ")}`,
    profile.scope.labels.length > 0 && `for labels ${profile.scope.labels.join(", ")}`,
  ]
    .filter(Boolean)
    .join(" · ");

type Props = {
  chosen: CredentialId[];
  labels: string;
  onChoose: (profiles: CredentialId[]) => void;
  onLabels: (labels: string) => void;
};

/** Who we are there: profiles that are there, or one made on the spot. */
export function ProfilesStep({ chosen, labels, onChoose, onLabels }: Props) {
  const { data: profiles, error, refetch } = useCredentials();
  const [making, setMaking] = useState(false);
  const set = (id: CredentialId, on: boolean) =>
    onChoose(on ? [...chosen, id] : chosen.filter((one) => one !== id));
  return (
    <Stack hasGutter>
      <StackItem>
        <Content component="p">
          Each address is tried once with the first of these profiles that is for it, else with the
          first of all. A refusal is never repeated, and after three refusals a profile waits.
        </Content>
      </StackItem>
      {error && <ErrorAlert error={error} title="They could not be read" onRetry={refetch} />}
      {!profiles && !error && <Loading words="Reading the profiles" rows={3} />}
      {profiles && (
        <StackItem>
          <fieldset className="slipway-choices" aria-label="Credential profiles">
            {profiles.length === 0 && (
              <p className="slipway-subtle">No profile yet: make the first one.</p>
            )}
            {profiles.map((profile) => {
              const at = chosen.indexOf(profile.id);
              return (
                <Checkbox
                  key={profile.id}
                  id={`profile-${profile.id}`}
                  label={
                    chosen.length > 1 && at >= 0 ? `${profile.name} (${at + 1})` : profile.name
                  }
                  description={describe(profile)}
                  isChecked={at >= 0}
                  onChange={(_event, on) => set(profile.id, on)}
                />
              );
            })}
          </fieldset>
        </StackItem>
      )}
      <StackItem>
        <Button
          variant="secondary"
          icon={<PlusIcon />}
          onClick={() => setMaking(true)}
          data-testid="new-profile"
        >
          New profile…
        </Button>
      </StackItem>
      <StackItem>
        <TextField
          id="add-labels"
          label="Labels for all of them"
          value={labels}
          onChange={onLabels}
          placeholder="rack-3 canary"
          hint="Words to find them by, besides those of the list."
        />
      </StackItem>
      {making && (
        <CredentialDialog
          profile={null}
          onClose={() => setMaking(false)}
          onSaved={(id) => onChoose([...chosen, id])}
        />
      )}
    </Stack>
  );
}
