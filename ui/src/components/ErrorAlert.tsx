import { Alert, AlertActionCloseButton, AlertActionLink, Button } from "@patternfly/react-core";
import type { ErrorCode } from "@/ipc/bindings";
import { asIpcError } from "@/ipc/call";
import { sentence } from "@/lib/format";

/** Refused is not broken, and what somebody wanted is not either. */
const VARIANTS: Partial<Record<ErrorCode, "warning" | "info">> = {
  precondition: "warning",
  invalid: "warning",
  cancelled: "info",
};

type Props = {
  error: unknown;
  /** What was being done: "The card could not be added". */
  title: string;
  onRetry?: () => void;
  onClose?: () => void;
};

/** An error as it crossed: what happened, the evidence, the next action. Stays until it is read. */
export function ErrorAlert({ error, title, onRetry, onClose }: Props) {
  const { code, message, causes, hint, retryable } = asIpcError(error);
  const variant = VARIANTS[code] ?? "danger";
  return (
    <Alert
      isInline
      variant={variant}
      title={title}
      actionClose={onClose && <AlertActionCloseButton onClose={onClose} />}
      actionLinks={
        onRetry && (retryable || !hint) ? (
          <AlertActionLink component={Button} onClick={onRetry}>
            Try again
          </AlertActionLink>
        ) : undefined
      }
    >
      <p>{sentence(message)}</p>
      {causes.length > 0 && (
        <ul className="slipway-evidence">
          {causes.map((cause) => (
            <li key={cause}>{cause}</li>
          ))}
        </ul>
      )}
      {hint && (
        <p>
          <strong>Next:</strong> {sentence(hint)}
        </p>
      )}
    </Alert>
  );
}
