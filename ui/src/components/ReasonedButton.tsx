import { Button, type ButtonProps, Tooltip } from "@patternfly/react-core";

type Props = Omit<ButtonProps, "isDisabled" | "isAriaDisabled"> & {
  /** Why it can't be pressed now; `null`: it can. */
  whyNot: string | null;
  testId?: string;
};

/** A button that, while it can't be pressed, can still be reached and says why. */
export function ReasonedButton({ whyNot, testId, ...props }: Props) {
  const button = (
    <Button {...props} data-testid={testId} isAriaDisabled={whyNot !== null} ref={undefined} />
  );
  return whyNot === null ? button : <Tooltip content={whyNot}>{button}</Tooltip>;
}
