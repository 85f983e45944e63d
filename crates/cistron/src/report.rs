use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use cistron_data::Dataset;
use cistron_report::write_report;

use crate::evaluate::Evaluated;
use crate::further::sections;
use crate::report_input::report_input;
use crate::train::TrainedNetwork;
use crate::{CistronError, RunDir, RunOptions, Study};

/// Writes `report.html`, figures and tables into the run directory.
pub(crate) fn report(
    study: &Study,
    dataset: &Dataset,
    dir: &RunDir,
    trained: &[TrainedNetwork],
    found: &Evaluated,
    texts: (Vec<String>, String, String),
    options: &RunOptions,
) -> Result<PathBuf, CistronError> {
    let device = trained.first().map_or_else(|| options.device.to_string(), |t| t.report.device.clone());
    let provenance = vec![
        ("cistron".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
        ("written".to_owned(), today()),
        ("seed".to_owned(), study.study.seed.to_string()),
        ("device".to_owned(), device),
    ];
    let mut input = report_input(study, dataset, trained, &found.generalisation, texts, provenance);
    input.sections = sections(&found.generalisation, &found.further);
    Ok(write_report(&input, dir.root())?.html)
}

/// The date (UTC) as YYYY-MM-DD (days to civil date after H. Hinnant, public domain).
pub(crate) fn today() -> String {
    let days = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs() / 86_400);
    civil(days)
}

fn civil(days_since_1970: u64) -> String {
    let z = days_since_1970 + 719_468;
    let (era, of_era) = (z / 146_097, z % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn dates_by_hand() {
        assert_eq!([0, 59, 11_016, 20_778].map(super::civil), ["1970-01-01", "1970-03-01", "2000-02-29", "2026-11-21"]);
    }
}
