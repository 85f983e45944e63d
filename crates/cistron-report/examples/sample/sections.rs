//! One section with each kind of plot.

use cistron_report::{
    Estimate, HeatMap, HeatMapPanel, Intervals, Lines, Marks, Plot, Points, ResultSection, SummaryTable,
};

fn estimate(value: f64, half: f64) -> Estimate {
    Estimate { value, interval: Some((value - half, value + half)) }
}

fn plot(name: &str, title: &str, marks: Marks) -> Plot {
    Plot { name: name.into(), title: title.into(), caption: "How to read it.".into(), marks }
}

/// The sections.
pub fn sections() -> Vec<ResultSection> {
    let wave = |row: usize, at: usize| Some(((at * (row + 3)) as f64 * 0.11).sin() * (at % 7) as f64);
    let letters: Vec<String> = ["A", "C", "G", "T"].map(String::from).to_vec();
    let effects = |title: &str, shift: usize| HeatMapPanel {
        title: title.into(),
        rows: letters.clone(),
        values: (0..4)
            .map(|r| (0..250).map(|p| if p % 4 == r { None } else { wave(r, p + shift) }).collect())
            .collect(),
    };
    let saturation = HeatMap {
        panels: vec![effects("measured", 0), effects("residualbind-32", 5)],
        columns: Vec::new(),
        first_column: 1_295_105.0,
        x_title: "position on chr5, hg19".into(),
        y_title: "alternative allele".into(),
        unit: String::new(),
        diverging: true,
        numbers: false,
    };
    let bins: Vec<String> = ["32 bp", "64 bp", "128 bp", "256 bp"].map(String::from).to_vec();
    let matrix = HeatMap {
        panels: vec![HeatMapPanel {
            title: String::new(),
            rows: bins.clone(),
            values: (0..4)
                .map(|r| (0..4).map(|c| (c >= r).then_some(0.4 + 0.1 * c as f64 - 0.02 * r as f64)).collect())
                .collect(),
        }],
        columns: bins.clone(),
        first_column: 0.0,
        x_title: "evaluated at".into(),
        y_title: "trained at".into(),
        unit: "Pearson r, whole chromosome".into(),
        diverging: false,
        numbers: true,
    };
    let lines = Lines {
        places: bins,
        x_title: "bin".into(),
        y_title: "Pearson r".into(),
        series: (0..3)
            .map(|s| {
                (
                    format!("model {s}"),
                    (0..4)
                        .map(|p| (s + p != 5).then(|| estimate(0.3 + 0.1 * p as f64 + 0.03 * s as f64, 0.05)))
                        .collect(),
                )
            })
            .collect(),
    };
    let points = Points {
        x_title: "Pearson r per sequence".into(),
        y_title: "variation score".into(),
        points: (0..5)
            .map(|m| {
                (format!("model {m}"), estimate(0.4 + 0.05 * m as f64, 0.02), estimate(0.3 - 0.03 * m as f64, 0.03))
            })
            .collect(),
    };
    let intervals = Intervals {
        x_title: "robust − standard, mean r over elements".into(),
        reference: Some(0.0),
        rows: (0..4)
            .map(|m| (format!("model {m}"), (m != 2).then(|| estimate(0.02 * m as f64 - 0.01, 0.015))))
            .collect(),
    };
    let table = SummaryTable {
        title: "A table".into(),
        note: "With a note.".into(),
        columns: vec!["model".into(), "value".into()],
        rows: vec![vec!["a".into(), "0.5".into()]],
    };
    vec![ResultSection {
        title: "Plots of further evaluations".into(),
        sentences: vec!["A sentence on what was found.".into()],
        tables: vec![table],
        plots: vec![
            plot("saturation", "Measured and predicted effects", Marks::HeatMap(saturation)),
            plot("resolution", "Resolution", Marks::HeatMap(matrix)),
            plot("lines", "Lines", Marks::Lines(lines)),
            plot("points", "Performance and robustness", Marks::Points(points)),
            plot("intervals", "Gain of robust predictions", Marks::Intervals(intervals)),
        ],
    }]
}
