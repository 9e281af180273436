//! `[history]`: whether its points can be drawn before the start.

use super::context::Context;
use super::names::{check_text, path};
use crate::config::fault::Fault;

/// Most points of a series: a century of months.
const MOST: usize = 1200;

/// All faults of observed points, but for series that do not exist: those are told where series are looked up.
pub fn check(context: &mut Context<'_>) {
    let config = context.config;
    for (series, history) in &config.history {
        if history.file.is_some() {
            let fault =
                Fault::new(path(&["history", series, "file"]), "only a config that is a file has files beside it");
            context.faults.push(fault.help("give the `points` themselves"));
        } else if history.points.is_empty() {
            let fault = Fault::new(path(&["history", series]), "this history has no points").at_key();
            context.faults.push(fault.help("give `points`, or a `file` with the columns month,value,source"));
        }
        if history.points.len() > MOST {
            let fault = Fault::new(path(&["history", series]), format!("a history has at most {MOST} points")).at_key();
            context.faults.push(fault.label(format!("it has {}", history.points.len())));
        }
        for (position, point) in history.points.iter().enumerate() {
            let here = |key: &str| path(&["history", series, "points", &position.to_string(), key]);
            if point.month >= config.start {
                let message = format!("{} is not before the start, {}", point.month, config.start);
                context.faults.push(Fault::new(here("month"), message).help("leave out what is simulated"));
            } else if history.points[..position].iter().any(|other| other.month == point.month) {
                let fault = Fault::new(here("month"), format!("{} is given twice", point.month));
                context.faults.push(fault.help("keep the figure of one source"));
            }
            check_text(here("source"), point.source.as_deref().unwrap_or(""), 80, &mut context.faults);
        }
    }
}
