import { Button, Card, CardBody, CardTitle, Content, Form } from "@patternfly/react-core";
import { useState } from "react";
import { ErrorAlert } from "@/components/ErrorAlert";
import { ReasonedButton } from "@/components/ReasonedButton";
import { SelectField } from "@/components/SelectField";
import { useLookPolicy, useSetLookPolicy } from "@/ipc/queries/bmcs";
import type { LookPolicy } from "@/ipc/whole";
import { span } from "@/lib/time";

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** The fields, with the spans that make sense for each. */
const FIELDS: { key: keyof LookPolicy; label: string; hint: string; seconds: number[] }[] = [
  {
    key: "every_seconds",
    label: "A short look at each BMC every",
    hint: "Some three requests; spread, so that BMCs are not asked at the same moment.",
    seconds: [15, 30, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR],
  },
  {
    key: "crawl_seconds",
    label: "All of it is read every",
    hint: "The whole inventory.",
    seconds: [15 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR],
  },
  {
    key: "cap_seconds",
    label: "One that fails is asked at least every",
    hint: "Each failure doubles the pause, up to this. A refused login is not asked again by itself.",
    seconds: [5 * MINUTE, 30 * MINUTE, HOUR, 6 * HOUR],
  },
  {
    key: "stale_seconds",
    label: "Stale after",
    hint: "What is older is not taken for the present.",
    seconds: [5 * MINUTE, 10 * MINUTE, HOUR, 6 * HOUR],
  },
];

const options = (seconds: number[], now: number) =>
  [...new Set([...seconds, now])]
    .sort((a, b) => a - b)
    .map((one) => ({ value: String(one), word: span(one * 1_000) }));

/** Why it can't be kept like that. */
export function looksProblem(policy: LookPolicy): string | null {
  if (policy.crawl_seconds < policy.every_seconds)
    return "All of it can't be read more often than it is looked at";
  if (policy.stale_seconds <= policy.every_seconds) return "It would be stale before the next look";
  return null;
}

function Fields({ known }: { known: LookPolicy }) {
  const [draft, setDraft] = useState(known);
  const save = useSetLookPolicy();
  const same = FIELDS.every(({ key }) => draft[key] === known[key]);
  return (
    <Form onSubmit={(event) => event.preventDefault()}>
      {FIELDS.map(({ key, label, hint, seconds }) => (
        <SelectField
          key={key}
          id={`looks-${key}`}
          label={label}
          hint={hint}
          value={String(draft[key])}
          options={options(seconds, known[key])}
          onChange={(value) => setDraft({ ...draft, [key]: Number(value) })}
        />
      ))}
      {save.error && <ErrorAlert error={save.error} title="It was not kept" />}
      <div className="slipway-toolbar-row">
        <ReasonedButton
          variant="secondary"
          whyNot={same ? "Nothing was changed" : looksProblem(draft)}
          isLoading={save.isPending}
          onClick={() => save.mutate(draft)}
        >
          Look like this
        </ReasonedButton>
        {!same && (
          <Button variant="link" onClick={() => setDraft(known)}>
            As it was
          </Button>
        )}
      </div>
    </Form>
  );
}

/** How often BMCs are asked, and when what they said is stale. */
export function LooksCard() {
  const { data: policy, error, refetch } = useLookPolicy();
  return (
    <Card isFullHeight>
      <CardTitle component="h2">Looking at BMCs</CardTitle>
      <CardBody>
        <Content component="p">
          Servers and IMCs are looked at while this window is open. It holds for everybody who uses
          this data folder.
        </Content>
        {error && <ErrorAlert error={error} title="It could not be read" onRetry={refetch} />}
        {policy && <Fields key={JSON.stringify(policy)} known={policy} />}
      </CardBody>
    </Card>
  );
}
