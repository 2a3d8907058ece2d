import {
  ActionList,
  ActionListGroup,
  ActionListItem,
  Button,
  useWizardContext,
  WizardFooterWrapper,
} from "@patternfly/react-core";
import { ReasonedButton } from "./ReasonedButton";

type Props = {
  /** What the button says, the deed itself on the last step. */
  next?: string;
  /** Why it can't be pressed yet. */
  whyNot: string | null;
  /** On the last step: what it does instead of going on. */
  onNext?: () => void;
  busy?: boolean;
  testId?: string;
};

/** A wizard step's buttons; the one that goes on says why it can't. */
export function StepFooter({ next = "Next", whyNot, onNext, busy = false, testId }: Props) {
  const { activeStep, goToNextStep, goToPrevStep, close } = useWizardContext();
  return (
    <WizardFooterWrapper>
      <ActionList>
        <ActionListGroup>
          <ActionListItem>
            <Button
              variant="secondary"
              isDisabled={activeStep.index === 1}
              onClick={goToPrevStep}
              data-testid="wizard-back"
            >
              Back
            </Button>
          </ActionListItem>
          <ActionListItem>
            <ReasonedButton
              variant="primary"
              whyNot={whyNot}
              isLoading={busy}
              onClick={busy ? undefined : (onNext ?? goToNextStep)}
              testId={testId ?? "wizard-next"}
            >
              {next}
            </ReasonedButton>
          </ActionListItem>
        </ActionListGroup>
        <ActionListGroup>
          <ActionListItem>
            <Button variant="link" onClick={close}>
              Cancel
            </Button>
          </ActionListItem>
        </ActionListGroup>
      </ActionList>
    </WizardFooterWrapper>
  );
}
