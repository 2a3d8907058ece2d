import {
  FormGroup,
  FormHelperText,
  FormSelect,
  FormSelectOption,
  HelperText,
  HelperTextItem,
} from "@patternfly/react-core";

type Props<T extends string> = {
  id: string;
  label: string;
  value: T;
  options: readonly { value: T; word: string }[];
  onChange: (value: T) => void;
  hint?: string;
};

/** One of a few words, in a form. */
export function SelectField<T extends string>(props: Props<T>) {
  const { id, label, value, options, onChange, hint } = props;
  return (
    <FormGroup label={label} fieldId={id}>
      <FormSelect
        id={id}
        value={value}
        aria-describedby={hint ? `${id}-help` : undefined}
        onChange={(_event, chosen) => {
          const option = options.find((one) => one.value === chosen);
          if (option) onChange(option.value);
        }}
      >
        {options.map((option) => (
          <FormSelectOption key={option.value} value={option.value} label={option.word} />
        ))}
      </FormSelect>
      {hint && (
        <FormHelperText id={`${id}-help`}>
          <HelperText>
            <HelperTextItem>{hint}</HelperTextItem>
          </HelperText>
        </FormHelperText>
      )}
    </FormGroup>
  );
}
