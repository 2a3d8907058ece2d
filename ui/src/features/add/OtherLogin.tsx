import { Alert, Button, Flex, FlexItem, Form } from "@patternfly/react-core";
import { useState } from "react";
import { CredentialDialog } from "@/components/CredentialDialog";
import { ErrorAlert } from "@/components/ErrorAlert";
import { SelectField } from "@/components/SelectField";
import type { DiscoveryId } from "@/ipc/bindings";
import { useCredentials } from "@/ipc/queries/credentials";
import { useRetryDiscovered } from "@/ipc/queries/discovery";
import type { DiscoveryRow } from "@/ipc/whole";
import { counted } from "@/lib/format";

type Props = { id: DiscoveryId; rows: DiscoveryRow[] };

/** Goes on with the machines that refused a login, by another profile. */
export function OtherLogin({ id, rows }: Props) {
  const { data: profiles = [] } = useCredentials();
  const [chosen, setChosen] = useState("");
  const [making, setMaking] = useState(false);
  const retry = useRetryDiscovered(id);
  const profile = profiles.find((one) => one.id === chosen) ?? profiles[0];
  const again = (which: string) =>
    retry.mutate({ id, rows: rows.map((row) => row.index), profile: which });
  return (
    <Alert
      isInline
      variant="warning"
      title={`${counted(rows.length, "machine")} need${rows.length === 1 ? "s" : ""} another login`}
    >
      <Form onSubmit={(event) => event.preventDefault()}>
        <Flex alignItems={{ default: "alignItemsFlexEnd" }}>
          {profile && (
            <>
              <FlexItem>
                <SelectField
                  id="other-login"
                  label="Profile"
                  value={profile.id}
                  options={profiles.map((one) => ({
                    value: one.id,
                    word: `${one.name} (${one.user_name})`,
                  }))}
                  onChange={setChosen}
                />
              </FlexItem>
              <FlexItem>
                <Button
                  variant="secondary"
                  isLoading={retry.isPending}
                  onClick={() => again(profile.id)}
                >
                  Try this one, once each
                </Button>
              </FlexItem>
            </>
          )}
          <FlexItem>
            <Button variant="link" onClick={() => setMaking(true)}>
              New profile…
            </Button>
          </FlexItem>
        </Flex>
      </Form>
      {retry.error && <ErrorAlert error={retry.error} title="They were not asked again" />}
      {making && (
        <CredentialDialog profile={null} onClose={() => setMaking(false)} onSaved={setChosen} />
      )}
    </Alert>
  );
}
