//! A problem for people, as rustc shows one: the sentence, the place, the line, what to do.

use annotate_snippets::{
    AnnotationKind, Group, Level, Origin, Renderer, Snippet, renderer::DecorStyle,
};

use super::{
    problem::{Problem, ProblemSeverity},
    source::{Source, Span},
};

/// With colours, for a terminal, or without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    Plain,
    Coloured,
}

/// Several lines, without a newline at the end. Passwords in the shown line are `…`.
#[must_use]
pub fn render_problem(problem: &Problem, source: &Source, look: Look) -> String {
    let level = match problem.severity {
        ProblemSeverity::Error => Level::ERROR,
        ProblemSeverity::Warning => Level::WARNING,
    };
    let title = level
        .primary_title(problem.message.as_str())
        .id(problem.code.as_str());
    let mut group = Group::with_title(title);
    if let (Some(place), Some(span)) = (problem.place, problem.span) {
        let (line, range) = source.shown_line(span);
        // What is hidden before it moves it; then its column is told apart.
        let moved = line[..range.start].chars().count() + 1 != place.column as usize;
        let mut snippet = snippet(source, span, AnnotationKind::Primary, "");
        if moved {
            group = group.element(
                Origin::path(problem.file.as_str())
                    .line(place.line as usize)
                    .char_column(place.column as usize),
            );
        } else {
            snippet = snippet.path(problem.file.as_str());
        }
        group = group.element(snippet);
    }
    if let Some(related) = &problem.related
        && let Some(span) = related.span
    {
        let words = related.words.as_str();
        let snippet = snippet(source, span, AnnotationKind::Context, words);
        group = group.element(snippet.path(problem.file.as_str()));
    }
    group = group.element(Level::HELP.message(problem.fix.as_str()));
    let renderer = match look {
        Look::Plain => Renderer::plain(),
        Look::Coloured => Renderer::styled(),
    };
    renderer.decor_style(DecorStyle::Ascii).render(&[group])
}

fn snippet<'a>(
    source: &Source,
    span: Span,
    kind: AnnotationKind,
    words: &'a str,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let (line, range) = source.shown_line(span);
    let annotation = kind.span(range);
    let annotation = if words.is_empty() {
        annotation
    } else {
        annotation.label(words)
    };
    Snippet::source(line)
        .line_start(source.place(span.start).line as usize)
        .annotation(annotation)
}
