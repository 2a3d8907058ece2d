import { Alert } from "@patternfly/react-core";
import { CopyButton } from "@/components/CopyButton";
import { Facts } from "@/components/Facts";
import type { Failure, FailureKind, JobView, Retry } from "@/ipc/bindings";
import { sentence } from "@/lib/format";

/** What a kind of failure means, where its message alone may not say it. */
const KINDS: Record<FailureKind, string> = {
  unreachable: "It does not answer",
  authentication: "The login was refused",
  trust_changed: "It shows another fingerprint than was accepted",
  trust_unknown: "It shows a fingerprint that nobody has accepted",
  not_an_imc: "It is not what the job is for",
  firmware: "Its firmware is not supported",
  refused: "It understood, and said no",
  media_transfer: "The IMC could not fetch the ISO",
  deadline: "It took too long",
  wrong_image: "It booted, and not what was asked for",
  unhealthy: "It booted the image and is not well",
  bootc: "bootc said no",
  precondition: "It can't be done in this state",
  local: "Something on this machine",
  protocol: "The answer made no sense",
};

function nextAction(retry: Retry, view: JobView): string {
  // Beyond the first step: from the start it is Retry.
  const from = view.retry_steps.slice(1).some((step) => step.why_not === null);
  const press = from
    ? "press Retry, or Retry from a step to go on with what is there"
    : "press Retry";
  switch (retry.when) {
    case "now":
      return `Trying again can help: ${press}.`;
    case "after_fix":
      return `${sentence(retry.hint)}${view.why_not_retry === null ? ` Then ${press}.` : ""}`;
    case "no":
      return "Trying again does not help. Look at the evidence.";
  }
}

function asText(view: JobView, failure: Failure): string {
  return [
    `${view.row.kind} of ${view.row.subject} failed in "${failure.step}" (job ${view.row.id})`,
    failure.message,
    ...failure.causes.map((cause) => `- ${cause}`),
  ].join("\n");
}

function Evidence({ causes }: { causes: string[] }) {
  if (causes.length === 0) return "None beyond that; the log has what was done.";
  return (
    <ul className="slipway-evidence" aria-label="Evidence">
      {causes.map((cause) => (
        <li key={cause}>
          <code>{cause}</code>
        </li>
      ))}
    </ul>
  );
}

type Props = { view: JobView; failure: Failure };

/** A failed job's panel: what happened, the evidence, the next action. */
export function FailurePanel({ view, failure }: Props) {
  return (
    <Alert
      isInline
      variant="danger"
      title={`${failure.step}: ${KINDS[failure.kind]}`}
      data-testid="failure"
    >
      <Facts
        termWidth="8rem"
        facts={[
          ["What happened", sentence(failure.message)],
          ["Evidence", <Evidence key="evidence" causes={failure.causes} />],
          ["Next", <strong key="next">{nextAction(failure.retry, view)}</strong>],
        ]}
      />
      <CopyButton text={asText(view, failure)} what="the failure" variant="link">
        Copy as text
      </CopyButton>
    </Alert>
  );
}
