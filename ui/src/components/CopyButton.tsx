import { Button, type ButtonProps } from "@patternfly/react-core";
import CheckIcon from "@patternfly/react-icons/dist/esm/icons/check-icon";
import CopyIcon from "@patternfly/react-icons/dist/esm/icons/copy-icon";
import { type MouseEvent, useEffect, useState } from "react";
import { copyText } from "@/lib/clipboard";

type Props = {
  text: string;
  /** What is copied, for a screen reader: "digest 5d1acbf6013d". */
  what: string;
  /** Words on the button; an icon alone without. */
  children?: string;
  variant?: ButtonProps["variant"];
};

/** Copies a text and says so. */
export function CopyButton({ text, what, children, variant = "plain" }: Props) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2_000);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async (event: MouseEvent) => {
    event.stopPropagation();
    setCopied(await copyText(text));
  };
  return (
    <Button
      variant={variant}
      size="sm"
      hasNoPadding={variant === "plain"}
      icon={copied ? <CheckIcon /> : <CopyIcon />}
      aria-label={copied ? `Copied ${what}` : `Copy ${what}`}
      title={copied ? "Copied" : "Copy"}
      onClick={copy}
    >
      {children && (copied ? "Copied" : children)}
    </Button>
  );
}
