import {
  Button,
  Card,
  CardBody,
  CardTitle,
  Form,
  FormGroup,
  Grid,
  GridItem,
  Radio,
  Stack,
  Switch,
} from "@patternfly/react-core";
import type { ReactNode } from "react";
import { ErrorAlert } from "@/components/ErrorAlert";
import type { Theme } from "@/ipc/preferences";
import { usePreferences } from "@/ipc/queries/preferences";
import { LooksCard } from "./LooksCard";

const THEMES: [Theme, string][] = [
  ["system", "As the desktop"],
  ["light", "Light"],
  ["dark", "Dark"],
];

/** How this desk looks, and the lab. */
export function PreferencesTab({ lab }: { lab: ReactNode }) {
  const { preferences, change, saveError } = usePreferences();
  return (
    <Grid hasGutter>
      <GridItem lg={6}>
        <Stack hasGutter>
          <Card>
            <CardTitle component="h2">This desk</CardTitle>
            <CardBody>
              {saveError && <ErrorAlert error={saveError} title="The choice could not be kept" />}
              <Form onSubmit={(event) => event.preventDefault()}>
                <FormGroup role="radiogroup" label="Theme" fieldId="theme" isStack>
                  {THEMES.map(([theme, word]) => (
                    <Radio
                      key={theme}
                      id={`theme-${theme}`}
                      name="theme"
                      label={word}
                      isChecked={preferences.theme === theme}
                      onChange={() => change({ theme })}
                    />
                  ))}
                </FormGroup>
                <FormGroup label="Notifications on the desktop" fieldId="notifications">
                  <Switch
                    id="notifications"
                    label="Tell what has ended"
                    aria-describedby="notifications-help"
                    isChecked={preferences.notifications}
                    onChange={(_event, notifications) => change({ notifications })}
                  />
                  <p className="slipway-subtle" id="notifications-help">
                    A batch that ended or stopped, with how many cards are verified and who failed;
                    and a job that was begun here, while this window is not in front.
                  </p>
                </FormGroup>
                <FormGroup label="Columns of the table of cards" fieldId="columns">
                  {preferences.columns ? (
                    <Button variant="secondary" onClick={() => change({ columns: null })}>
                      Show the usual ones again
                    </Button>
                  ) : (
                    <p className="slipway-subtle">
                      The usual ones. Choose others on the page Cards.
                    </p>
                  )}
                </FormGroup>
              </Form>
            </CardBody>
          </Card>
          {lab}
        </Stack>
      </GridItem>
      <GridItem lg={6}>
        <LooksCard />
      </GridItem>
    </Grid>
  );
}
