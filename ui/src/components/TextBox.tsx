import {
  FormGroup,
  FormHelperText,
  HelperText,
  HelperTextItem,
  TextArea,
} from "@patternfly/react-core";

type Props = {
  id: string;
  label: string;
  value: string;
  onChange: (value: string) => void;
  hint?: string;
  problem?: string | null;
  placeholder?: string;
  rows?: number;
};

/** Several lines of text in a form, with their hint or what is wrong with them. */
export function TextBox(props: Props) {
  const { id, label, value, onChange, hint, problem = null } = props;
  return (
    <FormGroup label={label} fieldId={id}>
      <TextArea
        id={id}
        value={value}
        rows={props.rows ?? 4}
        resizeOrientation="vertical"
        spellCheck={false}
        autoComplete="off"
        placeholder={props.placeholder}
        validated={problem ? "error" : "default"}
        aria-describedby={`${id}-help`}
        onChange={(_event, text) => onChange(text)}
      />
      {(problem || hint) && (
        <FormHelperText id={`${id}-help`}>
          <HelperText>
            <HelperTextItem variant={problem ? "error" : "default"}>
              {problem ?? hint}
            </HelperTextItem>
          </HelperText>
        </FormHelperText>
      )}
    </FormGroup>
  );
}
