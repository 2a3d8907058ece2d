import { Content } from "@patternfly/react-core";
import { CommandList } from "@/components/CommandList";
import type { BundleView } from "@/ipc/bindings";

/** How the image of a bundle gets into a registry that cards reach there. */
export function BundleImage({ bundle }: { bundle: BundleView }) {
  if (bundle.commands.length === 0) return null;
  return (
    <>
      <Content component="p" className="slipway-above">
        Cards follow the image where a registry of that desk has it. It keeps its digest:
      </Content>
      <CommandList commands={bundle.commands} what="the command for the image" />
    </>
  );
}
