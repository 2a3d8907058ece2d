//! A cluster file as the window opens it: by its path, with what was typed, shown without secrets.

use slipway_core::cluster::{Import, MissingValue, Problem, Source, Span, Values};

use super::{
    ClusterRequest, ConfirmedCluster,
    file::{ClusterTexts, WrongVariables, is_there, write_today, wrong_file},
    settings::{StepSettings, whole_path},
};
use crate::{
    AppError, Begun, DoctorRun, Fleet,
    views::{
        ClusterCardName, ClusterDeploy, ClusterOpen, ClusterProblem, ClusterProgress, ClusterText,
        ClusterValue, ClusterView, DeployRequest, ShownSpan, TransferProgress,
    },
};

/// What came of opening a file.
pub(super) struct Opened {
    texts: ClusterTexts,
    values: Values,
    pub request: ClusterRequest,
    pub import: Import,
    wrong_variables: Option<Box<WrongVariables>>,
    /// What is wrong with what was chosen for the steps.
    wrong_settings: Vec<String>,
}

impl Fleet {
    /// Everything about a file: what it says, what is wrong with it, and what would happen.
    ///
    /// # Errors
    /// A file that can't be read; the database.
    pub async fn read_cluster(&self, open: &ClusterOpen) -> Result<ClusterView, AppError> {
        let opened = self.open_cluster(open).await?;
        let plan = self.plan_cluster(&opened.import, &opened.request).await?;
        Ok(opened.view(plan))
    }

    /// Imports the ISOs that the file names by path, and submits a deployment of the chosen card, or
    /// one batch of the chosen cards; or the job that first makes the ISO of the file's own section.
    ///
    /// # Errors
    /// A file that was changed since it was shown; errors in it; a plan with problems, each named.
    pub async fn deploy_opened_cluster(
        &self,
        deploy: &ClusterDeploy,
        tell: impl Fn(ClusterProgress) + Clone + Send + 'static,
    ) -> Result<Begun, AppError> {
        let mut opened = self.open_cluster(&deploy.open).await?;
        opened.refuse_change(&deploy.seen)?;
        opened.choose(&deploy.cards)?;
        opened.refuse_errors()?;
        if let Some(wrong) = opened.wrong_settings.first() {
            let error = AppError::invalid(format!("{wrong}; nothing was started"));
            return Err(error.hint("choose another file or folder for it"));
        }
        let Opened {
            texts,
            values,
            import,
            request,
            ..
        } = &opened;
        self.plan_cluster(import, request)
            .await?
            .refuse_problems()?;
        for path in self.cluster_imports(import, request).await? {
            let (tell, shown) = (tell.clone(), path.display().to_string());
            let progress = move |TransferProgress { read, total, .. }| {
                tell(ClusterProgress {
                    path: shown.clone(),
                    read,
                    total,
                });
            };
            self.import_iso(&path, None, progress).await?;
        }
        let confirmed = ConfirmedCluster {
            texts,
            values,
            import,
            request,
            rules: &deploy.rules,
        };
        Ok(self.deploy_confirmed_cluster(&confirmed).await?.into())
    }

    /// [`Self::doctor_cluster`] for one card of an opened file: with the ISO, the host's BMC and the
    /// DPU host that the file names.
    ///
    /// # Errors
    /// A file that can't be read; errors in it; the database.
    pub async fn doctor_opened_cluster(
        &self,
        open: &ClusterOpen,
        card: &ClusterCardName,
    ) -> Result<DoctorRun, AppError> {
        let mut opened = self.open_cluster(open).await?;
        let name = (card.cluster.clone(), card.card.clone());
        opened.request.exactly = Some([name].into());
        opened.refuse_errors()?;
        self.doctor_cluster(&opened.import, &opened.request).await
    }

    /// Writes the file in today's form, readable only by its owner.
    ///
    /// # Errors
    /// Errors in the file; a path where something is already.
    pub async fn write_opened_cluster(
        &self,
        open: &ClusterOpen,
        path: &str,
    ) -> Result<(), AppError> {
        let path = whole_path(path, "the new file")?;
        if path.exists() {
            return Err(is_there(&path));
        }
        let opened = self.open_cluster(open).await?;
        opened.refuse_errors()?;
        write_today(&opened.import, &path)
    }

    /// [`Self::save_cluster`], at a path that a person named.
    ///
    /// # Errors
    /// As there; a path that is not whole.
    pub async fn save_cluster_at(
        &self,
        request: &DeployRequest,
        path: &str,
    ) -> Result<(), AppError> {
        let path = whole_path(path, "the new file")?;
        self.save_cluster(request, &path).await
    }

    pub(super) async fn open_cluster(&self, open: &ClusterOpen) -> Result<Opened, AppError> {
        let file = whole_path(&open.file, "the cluster file")?;
        let variables = match &open.variables {
            Some(path) => Some(whole_path(path, "the variables file")?),
            None => None,
        };
        let settings = StepSettings::read(open).await;
        let texts = ClusterTexts::read(&file, variables.as_deref()).await?;
        let texts = texts.by_file_name();
        let mut values = Values::default();
        for typed in &open.values {
            values.set(&typed.function, typed.worker, typed.value.expose());
        }
        let wrong_variables = match texts.variables() {
            Ok(given) => {
                values.fill_from(&given);
                None
            }
            Err(wrong) => Some(wrong),
        };
        values.fill_from(&self.cluster_values(&open.workers).await?);
        Ok(Opened {
            request: ClusterRequest {
                cards: vec![],
                exactly: None,
                skip_steps: open.skip_steps.clone(),
                iso: open.iso.as_ref().map(ToString::to_string),
                folder: texts.folder().to_owned(),
                domain: open.domain.clone(),
                authorized_keys: open.authorized_keys.clone(),
                allow_release: open.allow_release.clone(),
                imc_certificate: open.imc_certificate,
                accept_untried: open.accept_untried.clone(),
                operator_registry: settings.operator_registry,
                pull_secret: settings.pull_secret,
                marvell_tools: open.marvell_tools.clone(),
                firmware_image: settings.firmware_image,
                p4_components: settings.p4_components,
                kubeconfigs: settings.kubeconfigs,
            },
            import: texts.import(&values, &self.cluster_surroundings().await?),
            texts,
            values,
            wrong_variables,
            wrong_settings: settings.wrong,
        })
    }
}

impl Opened {
    /// What keeps every plan from being made, of both files.
    fn errors(&self) -> impl Iterator<Item = &Problem> {
        let variables = self.wrong_variables.iter().flat_map(|w| &w.problems);
        variables.chain(self.import.blocking(&self.request.skip_steps))
    }

    /// What was not seen is not done.
    pub(super) fn refuse_change(&self, seen: &str) -> Result<(), AppError> {
        if self.texts.seen() == seen {
            return Ok(());
        }
        Err(AppError::refused(format!(
            "{} was changed since it was shown; nothing was started",
            self.import.source.name()
        ))
        .hint("read it again and look at its plan"))
    }

    /// Just these cards of the file.
    pub(super) fn choose(&mut self, cards: &[ClusterCardName]) -> Result<(), AppError> {
        if cards.is_empty() {
            return Err(AppError::invalid("no card was chosen"));
        }
        let chosen = cards.iter().cloned();
        let chosen = chosen.map(|ClusterCardName { cluster, card }| (cluster, card));
        self.request.exactly = Some(chosen.collect());
        Ok(())
    }

    pub(super) fn refuse_errors(&self) -> Result<(), AppError> {
        if self.errors().next().is_none() {
            return Ok(());
        }
        let error = wrong_file(self.import.source.name(), self.errors());
        Err(error.hint("mend what is named, and read the file again"))
    }

    fn view(self, plan: super::ClusterPlan) -> ClusterView {
        let blocked = self.errors().next().is_some();
        let counting: Vec<&Problem> = self.import.blocking(&self.request.skip_steps).collect();
        let counts = |problem: &Problem| counting.contains(&problem);
        let mut problems: Vec<ClusterProblem> = Vec::new();
        if let Some(wrong) = &self.wrong_variables {
            let all = wrong.problems.iter();
            problems.extend(all.map(|problem| shown(problem, &wrong.source, true)));
        }
        let all = self.import.problems.iter();
        problems.extend(all.map(|problem| shown(problem, &self.import.source, counts(problem))));
        ClusterView {
            seen: self.texts.seen(),
            file: text(&self.import.source),
            variables: self.wrong_variables.map(|wrong| text(&wrong.source)),
            problems,
            migrations: self.import.migrations,
            missing: self.import.missing.iter().map(value).collect(),
            blocked,
            wrong_settings: self.wrong_settings,
            plan,
        }
    }
}

fn text(source: &Source) -> ClusterText {
    ClusterText {
        name: source.name().to_owned(),
        lines: source.shown_lines(),
    }
}

fn shown(problem: &Problem, source: &Source, counts: bool) -> ClusterProblem {
    let place = |span: Span| {
        let (line, range) = source.shown_line(span);
        let units = |text: Option<&str>| {
            let units = text.unwrap_or_default().encode_utf16().count();
            u32::try_from(units).unwrap_or(u32::MAX)
        };
        ShownSpan {
            line: source.place(span.start).line,
            from: units(line.get(..range.start)),
            to: units(line.get(..range.end)),
        }
    };
    ClusterProblem {
        problem: problem.clone(),
        counts,
        shown: problem.span.map(place),
    }
}

fn value(missing: &MissingValue) -> ClusterValue {
    ClusterValue {
        function: missing.function.clone(),
        worker: missing.worker,
        called: missing.to_string(),
        meaning: missing.meaning().map(str::to_owned),
        secret: missing.is_secret(),
    }
}
