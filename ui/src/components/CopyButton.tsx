import { Button, type ButtonProps } from "@patternfly/react-core";
import CheckIcon from "@patternfly/react-icons/dist/esm/icons/check-icon";
import CopyIcon from "@patternfly/react-icons/dist/esm/icons/copy-icon";
import { type MouseEvent, useEffect, useState } from "react";
import { copyText } from "@/lib/clipboard";

type Copied = {
  text: string;
  /** What is copied, for a screen reader: "digest 5d1acbf6013d". */
  what: string;
};

/** What a button that copies needs, and how it says that it did. */
function useCopying({ text, what }: Copied) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2_000);
    return () => clearTimeout(timer);
  }, [copied]);
  const attributes = {
    "aria-label": copied ? `Copied ${what}` : `Copy ${what}`,
    title: copied ? "Copied" : "Copy",
    onClick: async (event: MouseEvent) => {
      event.stopPropagation();
      setCopied(await copyText(text));
    },
  };
  return { copied, attributes };
}

type Props = Copied & {
  /** Words on the button; an icon alone without. */
  children?: string;
  variant?: ButtonProps["variant"];
};

/** Copies a text and says so. */
export function CopyButton({ children, variant = "plain", ...of }: Props) {
  const { copied, attributes } = useCopying(of);
  return (
    <Button
      variant={variant}
      size="sm"
      hasNoPadding={variant === "plain"}
      icon={copied ? <CheckIcon /> : <CopyIcon />}
      {...attributes}
    >
      {children && (copied ? "Copied" : children)}
    </Button>
  );
}

/** The same in a row of a long table, of fewer elements and styles. */
export function RowCopyButton(of: Copied) {
  const { copied, attributes } = useCopying(of);
  return (
    <button type="button" className="slipway-row-copy" {...attributes}>
      {copied ? <CheckIcon set="default" /> : <CopyIcon set="default" />}
    </button>
  );
}
