//! Medians, spreads, ratios, and the table that shows them against their bars.

/// What a measurement has to keep.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bar {
    /// The median is below this, in the measurement's unit.
    Below(f64),
    /// The median is at most this many times the peer's.
    TimesPeer(f64),
}

/// One quantity, and the same quantity of a peer that was measured in turn with it.
pub struct Measurement {
    pub what: String,
    pub unit: &'static str,
    pub ours: Vec<f64>,
    /// Its name and its values.
    pub peer: Option<(String, Vec<f64>)>,
    pub bar: Bar,
}

impl Measurement {
    /// Our median over the peer's.
    pub fn ratio(&self) -> Option<f64> {
        self.peer
            .as_ref()
            .map(|(_, values)| median(&self.ours) / median(values))
    }

    pub fn passes(&self) -> bool {
        if self.ours.is_empty() {
            return false;
        }
        match self.bar {
            Bar::Below(bar) => median(&self.ours) < bar,
            Bar::TimesPeer(bar) => self.ratio().is_some_and(|ratio| ratio <= bar),
        }
    }
}

/// The middle one, or the mean of the two in the middle.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => sorted[odd / 2],
        even => f64::midpoint(sorted[even / 2 - 1], sorted[even / 2]),
    }
}

fn spread(values: &[f64]) -> String {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    format!("{} – {}", short(least), short(most))
}

fn short(value: f64) -> String {
    match value {
        100.0.. => format!("{value:.0}"),
        10.0..100.0 => format!("{value:.1}"),
        // A ratio is judged by its second decimal.
        _ => format!("{value:.2}"),
    }
}

/// The table, one line for each series.
pub fn table(measurements: &[Measurement]) -> String {
    let mut lines =
        vec![["what", "runs", "median", "spread", "ratio", "bar", ""].map(str::to_owned)];
    for measurement in measurements {
        let unit = measurement.unit;
        let bar = match measurement.bar {
            Bar::Below(bar) => format!("< {} {unit}", short(bar)),
            Bar::TimesPeer(bar) => format!("≤ {bar} × peer"),
        };
        lines.push([
            measurement.what.clone(),
            measurement.ours.len().to_string(),
            format!("{} {unit}", short(median(&measurement.ours))),
            spread(&measurement.ours),
            measurement
                .ratio()
                .map(|ratio| format!("{ratio:.2}"))
                .unwrap_or_default(),
            bar,
            if measurement.passes() {
                "kept"
            } else {
                "MISSED"
            }
            .to_owned(),
        ]);
        if let Some((name, values)) = &measurement.peer {
            lines.push([
                format!("  peer: {name}"),
                values.len().to_string(),
                format!("{} {unit}", short(median(values))),
                spread(values),
                String::new(),
                String::new(),
                String::new(),
            ]);
        }
    }
    aligned(&lines)
}

fn aligned<const COLUMNS: usize>(lines: &[[String; COLUMNS]]) -> String {
    let width = |column: usize| {
        lines
            .iter()
            .map(|line| line[column].chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..COLUMNS).map(width).collect();
    let mut text = String::new();
    for line in lines {
        let cells: Vec<String> = line
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}", width = *width))
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn against_peer(ours: &[f64], peer: &[f64], bar: f64) -> Measurement {
        Measurement {
            what: "start".to_owned(),
            unit: "ms",
            ours: ours.to_vec(),
            peer: Some(("blank".to_owned(), peer.to_vec())),
            bar: Bar::TimesPeer(bar),
        }
    }

    #[test]
    fn the_median_is_the_middle_one() {
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((median(&[4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < f64::EPSILON);
    }

    #[test]
    fn one_slow_run_does_not_miss_the_bar_and_a_slow_median_does() {
        assert!(against_peer(&[10.0, 11.0, 90.0], &[10.0, 10.0, 10.0], 1.3).passes());
        assert!(!against_peer(&[14.0, 14.0, 10.0], &[10.0, 10.0, 10.0], 1.3).passes());
    }

    #[test]
    fn nothing_measured_is_not_a_bar_kept() {
        assert!(!against_peer(&[], &[], 1.3).passes());
    }

    #[test]
    fn the_table_shows_the_spread_and_the_verdict() {
        let table = table(&[against_peer(&[10.0, 11.0, 130.0], &[10.0, 10.0, 9.0], 1.0)]);
        assert_eq!(
            table,
            "what           runs  median   spread       ratio  bar\n\
             start          3     11.0 ms  10.0 – 130   1.10   ≤ 1 × peer  MISSED\n\
             \x20 peer: blank  3     10.0 ms  9.00 – 10.0\n"
        );
    }
}
