import {
  Button,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  type ModalProps,
} from "@patternfly/react-core";
import { type ReactNode, useId } from "react";
import { ErrorAlert } from "./ErrorAlert";
import { ReasonedButton } from "./ReasonedButton";

type Props = {
  title: string;
  /** What the button says: the deed itself, never "OK". */
  confirm: string;
  cancel?: string;
  danger?: boolean;
  busy?: boolean;
  whyNot?: string | null;
  error?: unknown;
  /** What did not come about, where it is not a job that was not started. */
  failed?: string;
  width?: ModalProps["width"];
  variant?: ModalProps["variant"];
  /** It may be longer than the window, with nothing in it that takes the focus. */
  scrolls?: boolean;
  onConfirm: () => void;
  onClose: () => void;
  children: ReactNode;
};

/** Asks before something is done, and names what it touches. */
export function ConfirmDialog(props: Props) {
  const { title, confirm, cancel = "Cancel", danger = false, busy = false, whyNot = null } = props;
  const id = useId();
  return (
    <Modal
      isOpen
      variant={props.variant ?? "small"}
      onClose={props.onClose}
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-body`}
    >
      <ModalHeader
        title={title}
        labelId={`${id}-title`}
        titleIconVariant={danger ? "warning" : undefined}
      />
      <ModalBody
        id={`${id}-body`}
        {...(props.scrolls && { tabIndex: 0, role: "region", "aria-label": title })}
      >
        {props.children}
        {props.error !== undefined && props.error !== null && (
          <ErrorAlert error={props.error} title={props.failed ?? "It was not started"} />
        )}
      </ModalBody>
      <ModalFooter>
        <ReasonedButton
          variant={danger ? "danger" : "primary"}
          whyNot={whyNot}
          isLoading={busy}
          onClick={busy ? undefined : props.onConfirm}
          testId="confirm"
        >
          {confirm}
        </ReasonedButton>
        <Button variant="link" onClick={props.onClose}>
          {cancel}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
