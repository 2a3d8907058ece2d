import { Fragment } from "react";

/** An image reference that breaks between its parts, not inside a word. */
export function Reference({ reference }: { reference: string }) {
  const parts = reference.split(/(?<=\/)/);
  return (
    <code title={reference} className="slipway-reference">
      {parts.map((part, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text never move
        <Fragment key={at}>
          {at > 0 && <wbr />}
          {part}
        </Fragment>
      ))}
    </code>
  );
}
