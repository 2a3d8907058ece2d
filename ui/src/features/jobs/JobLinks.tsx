import { Card, CardBody, CardTitle } from "@patternfly/react-core";
import { Fragment } from "react";
import { Link } from "react-router";
import { Facts } from "@/components/Facts";
import type { JobView } from "@/ipc/bindings";

const JobLink = ({ id }: { id: string }) => <Link to={`/jobs/${id}`}>job {id.slice(-8)}</Link>;

function Begun({ view }: { view: JobView }) {
  const { begun, row } = view;
  if (begun?.kind === "batch") {
    return <Link to={`/jobs/batches/${begun.id}`}>batch {begun.id.slice(-8)}</Link>;
  }
  if (begun) return <JobLink id={begun.id} />;
  return <>{row.outcome === "running" ? "Begins by itself when the ISO is there" : "Not begun"}</>;
}

/** Of a cluster file that makes its ISO: the builds that are waited for, and what was begun. */
export function JobLinks({ view }: { view: JobView }) {
  if (view.iso_builds.length === 0 && !view.begun) return null;
  return (
    <Card data-testid="job-links">
      <CardTitle component="h2">What belongs to it</CardTitle>
      <CardBody>
        <Facts
          columns={{ default: "2Col" }}
          facts={[
            [
              "The ISO",
              view.iso_builds.length === 0 ? (
                "Was there already"
              ) : (
                <Fragment key="isos">
                  {view.iso_builds.map((id, at) => (
                    <Fragment key={id}>
                      {at > 0 && ", "}
                      <JobLink id={id} />
                    </Fragment>
                  ))}
                </Fragment>
              ),
            ],
            ["The deployment", <Begun key="begun" view={view} />],
          ]}
        />
      </CardBody>
    </Card>
  );
}
