import { Button, type ButtonProps } from "@patternfly/react-core";
import { useNavigate } from "react-router";

type Props = Omit<ButtonProps, "component" | "href" | "onClick" | "ref"> & {
  to: string;
  testId?: string;
};

/** A link that looks like a button: it can be opened, copied and read out as a link. */
export function LinkButton({ to, testId, ...props }: Props) {
  const navigate = useNavigate();
  return (
    <Button
      {...props}
      component="a"
      href={`#${to}`}
      data-testid={testId}
      onClick={(event) => {
        event.preventDefault();
        navigate(to);
      }}
    />
  );
}
