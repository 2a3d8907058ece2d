import {
  Button,
  FormGroup,
  FormHelperText,
  HelperText,
  HelperTextItem,
  InputGroup,
  InputGroupItem,
  TextInput,
} from "@patternfly/react-core";
import FolderOpenIcon from "@patternfly/react-icons/dist/esm/icons/folder-open-icon";
import { useState } from "react";
import { ErrorAlert } from "./ErrorAlert";

type Props = {
  id: string;
  label: string;
  path: string;
  onPath: (path: string) => void;
  /** Asks the person for a file or folder of this machine; `null`: none. */
  pick: () => Promise<string | null>;
  hint: string;
  placeholder?: string;
  required?: boolean;
  disabled?: boolean;
  /** What the button says. */
  word?: string;
  /** What the button is for, for a screen reader, where a form has two. */
  choose?: string;
};

/** A path on this machine: typed, or picked in the system's own dialog. */
export function PathField(props: Props) {
  const { id, label, path, onPath, pick, hint, disabled = false } = props;
  const [error, setError] = useState<unknown>(null);
  const ask = async () => {
    try {
      const picked = await pick();
      if (picked) onPath(picked);
      setError(null);
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <FormGroup label={label} fieldId={id} isRequired={props.required}>
      <InputGroup>
        <InputGroupItem isFill>
          <TextInput
            id={id}
            value={path}
            isDisabled={disabled}
            spellCheck={false}
            autoComplete="off"
            placeholder={props.placeholder}
            aria-describedby={`${id}-help`}
            onChange={(_event, text) => onPath(text)}
          />
        </InputGroupItem>
        <InputGroupItem>
          <Button
            variant="control"
            icon={<FolderOpenIcon />}
            isDisabled={disabled}
            aria-label={props.choose}
            onClick={ask}
          >
            {props.word ?? "Choose a file…"}
          </Button>
        </InputGroupItem>
      </InputGroup>
      <FormHelperText id={`${id}-help`}>
        <HelperText>
          <HelperTextItem>{hint}</HelperTextItem>
        </HelperText>
      </FormHelperText>
      {error !== null && <ErrorAlert error={error} title="The dialog could not be opened" />}
    </FormGroup>
  );
}
