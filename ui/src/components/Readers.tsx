import { Stack, StackItem } from "@patternfly/react-core";
import type { MediaReader } from "@/ipc/bindings";
import { bytesOf } from "@/lib/format";
import { ByteProgress } from "./ByteProgress";
import { RelativeTime } from "./RelativeTime";

/** Who reads an ISO right now and how far; who has read it. */
export function Readers({ readers }: { readers: MediaReader[] }) {
  return (
    <Stack hasGutter>
      {readers.map((reader) => (
        <StackItem key={`${reader.peer} ${reader.started_at}`}>
          {reader.active ? (
            <ByteProgress
              done={reader.sent}
              total={reader.total}
              title={`${reader.peer} is reading`}
              label={`${reader.peer} is reading`}
            />
          ) : (
            <span className="slipway-subtle">
              {reader.peer} read {bytesOf(reader.sent, reader.total)}, started{" "}
              <RelativeTime at={reader.started_at} />
            </span>
          )}
        </StackItem>
      ))}
    </Stack>
  );
}
