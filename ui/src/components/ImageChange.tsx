import { Flex, FlexItem } from "@patternfly/react-core";
import LongArrowAltRightIcon from "@patternfly/react-icons/dist/esm/icons/long-arrow-alt-right-icon";
import type { ImageLabel } from "@/ipc/bindings";
import { Digest } from "./Digest";

function Side({ image, none }: { image: ImageLabel | null; none: string }) {
  if (!image) return <span className="slipway-subtle">{none}</span>;
  return (
    <span>
      <strong>{image.version ?? "no version"}</strong> <Digest digest={image.digest} copy={false} />
    </span>
  );
}

type Props = { from: ImageLabel | null; to: ImageLabel | null };

/** From → to, by version and digest. */
export function ImageChange({ from, to }: Props) {
  return (
    <Flex
      display={{ default: "inlineFlex" }}
      alignItems={{ default: "alignItemsCenter" }}
      columnGap={{ default: "columnGapMd" }}
    >
      <FlexItem>
        <Side image={from} none="nothing known" />
      </FlexItem>
      <FlexItem>
        <LongArrowAltRightIcon role="img" aria-hidden={undefined} aria-label="becomes" />
      </FlexItem>
      <FlexItem>
        <Side image={to} none="not known yet" />
      </FlexItem>
    </Flex>
  );
}
