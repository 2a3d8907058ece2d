import { Card, CardBody, Content, Flex, FlexItem, Title } from "@patternfly/react-core";
import { CopyButton } from "@/components/CopyButton";
import { ErrorAlert } from "@/components/ErrorAlert";
import { Facts } from "@/components/Facts";
import { Loading } from "@/components/Loading";
import { SlipwayMark } from "@/components/SlipwayMark";
import { useAppInfo } from "@/ipc/queries/app";

/** About this desk. */
export function AboutTab() {
  const { data: app, error, refetch } = useAppInfo();
  if (error) return <ErrorAlert error={error} title="It could not be read" onRetry={refetch} />;
  if (!app) return <Loading words="Reading about this desk" />;
  return (
    <Card>
      <CardBody>
        <Flex
          alignItems={{ default: "alignItemsCenter" }}
          columnGap={{ default: "columnGapLg" }}
          className="slipway-about"
        >
          <FlexItem>
            <SlipwayMark size={64} />
          </FlexItem>
          <FlexItem>
            <Title headingLevel="h2">Slipway {app.version}</Title>
            <Content component="p" className="slipway-subtle">
              Installs RHEL image mode on DPUs and keeps it current.
            </Content>
          </FlexItem>
        </Flex>
        <Facts
          columns={{ default: "1Col", lg: "2Col" }}
          compact={false}
          facts={[
            [
              "Data folder",
              <span key="data">
                <code>{app.data_dir}</code> <CopyButton text={app.data_dir} what="the folder" />
              </span>,
            ],
            ["Passwords are kept in the", app.secrets],
            ["ISOs are served at", <code key="media">{app.media_url}</code>],
            [
              "Jobs are run by",
              app.runs_jobs ? "this window" : "another Slipway that uses the same data folder",
            ],
          ]}
        />
      </CardBody>
    </Card>
  );
}
