import { Card, CardBody, CardTitle, Form, Grid, GridItem } from "@patternfly/react-core";
import { TextField } from "@/components/TextField";
import type { ClusterValue } from "@/ipc/bindings";
import { counted } from "@/lib/format";
import { type ClusterDraft, type ClusterSecrets, fieldsOf } from "./draft";

type Props = {
  missing: ClusterValue[];
  draft: ClusterDraft;
  secrets: ClusterSecrets;
  onChange: (part: Partial<ClusterDraft>) => void;
  onSecrets: (part: ClusterSecrets) => void;
};

/** What the templates ask for and nobody has, as a form; what was typed stays in it. */
export function MissingValues({ missing, draft, secrets, onChange, onSecrets }: Props) {
  const fields = fieldsOf(missing, draft, secrets);
  if (fields.length === 0 && draft.workers === "") return null;
  const plain = (called: string) => draft.values[called] ?? "";
  return (
    <Card isCompact data-testid="missing-values">
      <CardTitle component="h2">
        {missing.length > 0
          ? `${counted(missing.length, "value")} for the templates ${missing.length === 1 ? "is" : "are"} missing`
          : "Values for the templates"}
      </CardTitle>
      <CardBody>
        <Form onSubmit={(event) => event.preventDefault()}>
          <Grid hasGutter md={6} xl={4}>
            {fields.map(({ called, meaning, secret }) => (
              <GridItem key={called}>
                <TextField
                  id={`value-${called}`}
                  label={called}
                  value={secret ? (secrets[called] ?? "") : plain(called)}
                  type={secret ? "password" : "text"}
                  onChange={(value) =>
                    secret
                      ? onSecrets({ [called]: value })
                      : onChange({ values: { ...draft.values, [called]: value } })
                  }
                  hint={
                    secret
                      ? `${meaning ?? "A secret"}; not kept when you leave this page`
                      : (meaning ?? undefined)
                  }
                />
              </GridItem>
            ))}
            <GridItem>
              <TextField
                id="workers"
                label="Or from cards of the inventory"
                value={draft.workers}
                placeholder="dpu-01, dpu-02"
                onChange={(workers) => onChange({ workers })}
                hint="By name; the first one is worker 0. Their IMCs and hosts are filled in."
              />
            </GridItem>
          </Grid>
        </Form>
      </CardBody>
    </Card>
  );
}
