import { Card, CardBody, CardTitle, Progress, Stack, StackItem } from "@patternfly/react-core";
import { Link } from "react-router";
import { Digest } from "@/components/Digest";
import type { ImageUse } from "@/ipc/bindings";
import { counted, shortDigest } from "@/lib/format";

/** The images that are booted, by how many cards run them. */
export function ImagesCard({ images, total }: { images: ImageUse[]; total: number }) {
  return (
    <Card>
      <CardTitle component="h2">Images in use</CardTitle>
      <CardBody>
        {images.length === 0 && <p className="slipway-subtle">No card has told what it runs.</p>}
        <Stack hasGutter>
          {images.map(({ digest, version, count }) => {
            const name = version ?? shortDigest(digest);
            return (
              <StackItem key={digest}>
                <span className="slipway-image-name">
                  <Link to={`/cards?search=${encodeURIComponent(name)}`}>
                    {version ?? "No version"}
                  </Link>
                  <Digest digest={digest} />
                </span>
                <Progress
                  size="sm"
                  value={count}
                  max={Math.max(1, total)}
                  label={counted(count, "card")}
                  valueText={counted(count, "card")}
                  measureLocation="outside"
                  aria-label={`${name}: ${counted(count, "card")} of ${total}`}
                  hideStatusIcon
                />
              </StackItem>
            );
          })}
        </Stack>
      </CardBody>
    </Card>
  );
}
