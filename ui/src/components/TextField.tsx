import {
  FormGroup,
  FormHelperText,
  HelperText,
  HelperTextItem,
  TextInput,
  type TextInputProps,
} from "@patternfly/react-core";

type Props = {
  id: string;
  label: string;
  value: string;
  onChange: (value: string) => void;
  hint?: string;
  /** What is wrong with it; shown once somebody typed. */
  problem?: string | null;
  required?: boolean;
  type?: TextInputProps["type"];
  placeholder?: string;
};

/** One line of text in a form, with its hint or what is wrong with it. */
export function TextField(props: Props) {
  const { id, label, value, onChange, hint, problem = null, required = false } = props;
  const wrong = problem !== null && value !== "";
  return (
    <FormGroup label={label} fieldId={id} isRequired={required}>
      <TextInput
        id={id}
        value={value}
        type={props.type ?? "text"}
        placeholder={props.placeholder}
        isRequired={required}
        spellCheck={false}
        autoComplete="off"
        validated={wrong ? "error" : "default"}
        aria-describedby={`${id}-help`}
        onChange={(_event, text) => onChange(text)}
      />
      {(hint || wrong) && (
        <FormHelperText id={`${id}-help`}>
          <HelperText>
            <HelperTextItem variant={wrong ? "error" : "default"}>
              {wrong ? problem : hint}
            </HelperTextItem>
          </HelperText>
        </FormHelperText>
      )}
    </FormGroup>
  );
}
