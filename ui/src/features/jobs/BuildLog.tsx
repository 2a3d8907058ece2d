import { Card, CardBody, CardTitle, Flex, FlexItem } from "@patternfly/react-core";
import { useEffect, useRef } from "react";
import { CopyButton } from "@/components/CopyButton";
import { ErrorAlert } from "@/components/ErrorAlert";
import type { JobId } from "@/ipc/bindings";
import { useBuildLog } from "@/ipc/queries/images";

/** podman's own words; the end of them is in view while it builds. */
export function BuildLog({ job, live }: { job: JobId; live: boolean }) {
  const { data, error, refetch } = useBuildLog(job, live);
  const box = useRef<HTMLElement>(null);
  const text = data?.text ?? "";
  // biome-ignore lint/correctness/useExhaustiveDependencies: new text is what moves it
  useEffect(() => {
    if (live && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [live, text]);
  return (
    <Card data-testid="build-log">
      <CardTitle component="h2">
        <Flex justifyContent={{ default: "justifyContentSpaceBetween" }}>
          <FlexItem>What podman says</FlexItem>
          <CopyButton text={text} what="the build's log" variant="link">
            Copy
          </CopyButton>
        </Flex>
      </CardTitle>
      <CardBody>
        {error && <ErrorAlert error={error} title="The log could not be read" onRetry={refetch} />}
        <section
          ref={box}
          className="slipway-log slipway-log-plain"
          aria-label="What podman says"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
          tabIndex={0}
        >
          {text || <span className="slipway-subtle">Nothing yet.</span>}
        </section>
      </CardBody>
    </Card>
  );
}
