//! Correlated inputs: which have what in common.

use super::{Factor, Inputs};
use crate::config::fault::Fault;
use crate::config::set::{self, Path};
use crate::config::{CorrelatedInputs, Correlation};
use crate::random::Key;
use crate::text::number;

/// Largest matrix.
const MOST_ROWS: usize = 100;

/// How far from symmetric, or from one on the diagonal, a matrix may be written.
const WRITTEN: f64 = 1e-9;

/// Inputs that are being correlated, and where the correlation stands.
struct Applied<'a> {
    inputs: &'a mut Inputs,
    /// Names of inputs that turned out to be known numbers.
    known: &'a [String],
    /// The first factor of this correlation.
    first: usize,
    id: &'a str,
    at: Path,
    faults: &'a mut Vec<Fault>,
}

/// Makes inputs share what the correlation `id` says.
pub fn apply(
    inputs: &mut Inputs,
    known: &[String],
    seed: u64,
    id: &str,
    correlation: &Correlation,
    faults: &mut Vec<Fault>,
) {
    let first = inputs.factors.len();
    let mut applied = Applied { inputs, known, first, id, at: ["correlations", id].map(String::from).into(), faults };
    let key = Key::new(seed, &format!("correlations.{id}"));
    match (&correlation.inputs, correlation.rho, &correlation.matrix) {
        (CorrelatedInputs::Alike(patterns), Some(rho), None) => applied.alike(key, patterns, rho),
        (CorrelatedInputs::Alike(names), None, Some(matrix)) => applied.matrix(names, matrix),
        (CorrelatedInputs::Loadings(loadings), None, None) => {
            for (pattern, loading) in loadings {
                applied.loading(key, pattern, *loading);
            }
        }
        (CorrelatedInputs::Alike(_), ..) => {
            let fault = Fault::new(applied.at, "a list of inputs needs either `rho` or a `matrix`");
            applied.faults.push(fault.help("say `rho = 0.3` for all of them alike, or give each a loading"));
        }
        (CorrelatedInputs::Loadings(_), ..) => {
            applied.faults.push(Fault::new(applied.at, "inputs with loadings take neither `rho` nor a `matrix`"));
        }
    }
}

impl Applied<'_> {
    fn path(&self, keys: &[&str]) -> Path {
        self.at.iter().cloned().chain(keys.iter().map(|key| key.to_string())).collect()
    }

    /// Any two of them have the correlation `rho`: `sqrt(rho) Z + sqrt(1 - rho) e`.
    fn alike(&mut self, key: Key, patterns: &[String], rho: f64) {
        if !(0.0..=1.0).contains(&rho) {
            let fault = Fault::new(self.path(&["rho"]), "a correlation of all with all lies between 0 and 1");
            let help = "for inputs that move against each other give each a loading, or a `matrix`";
            return self.faults.push(fault.label(format!("{} does not", number(rho))).help(help));
        }
        for (position, pattern) in patterns.iter().enumerate() {
            self.share(pattern, self.path(&["inputs", &position.to_string()]), self.first);
        }
        let (correlation, own) = (self.id.into(), (1.0 - rho).sqrt());
        self.inputs.factors.push(Factor { correlation, terms: vec![(key, rho.sqrt())], own, known: 0.0 });
    }

    /// `l Z + sqrt(1 - l^2) e`.
    fn loading(&mut self, key: Key, pattern: &str, loading: f64) {
        let path = self.path(&["inputs", pattern]);
        if !(-1.0..=1.0).contains(&loading) {
            let fault = Fault::new(path, "a loading lies between -1 and 1");
            return self.faults.push(fault.label(format!("{} does not", number(loading))));
        }
        let own = (1.0 - loading * loading).sqrt();
        self.inputs.factors.push(Factor { correlation: self.id.into(), terms: vec![(key, loading)], own, known: 0.0 });
        self.share(pattern, path, self.inputs.factors.len() - 1);
    }

    /// With the normal numbers `e` of the inputs themselves and the Cholesky factor `L` of the matrix: `L e`.
    fn matrix(&mut self, names: &[String], matrix: &[Vec<f64>]) {
        if let Some(fault) = malformed(names, matrix, self.path(&["matrix"])) {
            return self.faults.push(fault);
        }
        let mut slots = Vec::new();
        for (row, name) in names.iter().enumerate() {
            let path = self.path(&["inputs", &row.to_string()]);
            let slot = self.inputs.drawn.iter().position(|input| input.name == *name);
            let copies = format!("{name}#");
            if name.contains('*') || self.inputs.drawn.iter().any(|input| input.name.starts_with(&copies)) {
                self.faults.push(Fault::new(path, "a matrix takes single inputs, without `*` or copies"));
            } else if names[..row].contains(name) {
                self.faults.push(Fault::new(path, format!("`{name}` stands there twice")));
            } else {
                self.share(name, path, self.inputs.factors.len());
                // A known number is no input, and leaves the others as they are.
                slots.extend(slot.map(|slot| (row, slot)));
                let alone = || Factor { correlation: self.id.into(), terms: Vec::new(), own: 1.0, known: 0.0 };
                self.inputs.factors.extend(slot.map(|_| alone()));
            }
        }
        let of_drawn = |row: usize| slots.iter().map(|&(column, _)| matrix[row][column]).collect::<Vec<f64>>();
        let reduced: Vec<Vec<f64>> = slots.iter().map(|&(row, _)| of_drawn(row)).collect();
        let Some(factor) = cholesky(&reduced) else {
            let fault = Fault::new(self.path(&["matrix"]), "no inputs can have these correlations with each other");
            let smallest = smallest_eigenvalue(matrix);
            let fault = fault.label(format!("its smallest eigenvalue is {smallest:.3}, and must be above 0"));
            return self.faults.push(fault.help("bring the entries nearer to 0 until it is"));
        };
        for (row, weights) in factor.iter().enumerate() {
            let key = |column: usize| self.inputs.drawn[slots[column].1].key;
            let terms = (0..row).map(|column| (key(column), weights[column])).collect();
            let correlation = self.id.into();
            self.inputs.factors[self.first + row] = Factor { correlation, terms, own: weights[row], known: 0.0 };
        }
    }

    /// Puts the inputs that `pattern` matches under `factor`.
    fn share(&mut self, pattern: &str, path: Path, factor: usize) {
        let keys = set::split(pattern);
        let matched = |name: &str| {
            let mut parts = name.split('.');
            // The copies of a project (`id#2`) follow its id.
            let is_next =
                |key: &String| parts.next().is_some_and(|part| set::matches(key, part.split('#').next().unwrap_or("")));
            keys.iter().all(is_next) && parts.next().is_none()
        };
        let mut found = false;
        let mut taken = None;
        for input in self.inputs.drawn.iter_mut().filter(|input| matched(&input.name)) {
            found = true;
            match input.factor {
                Some(other) if other != factor => taken = Some((input.name.clone(), other >= self.first)),
                _ => input.factor = Some(factor),
            }
        }
        if let Some((name, here)) = taken {
            let fault = Fault::new(path, "an input belongs to at most one correlation");
            let word = if here { "has a loading already" } else { "belongs to another already" };
            self.faults.push(fault.label(format!("`{name}` {word}")));
        } else if !found && !self.known.iter().any(|name| matched(name)) {
            let fault = Fault::new(path, format!("`{pattern}` is no input"));
            let names: Vec<&str> = self.inputs.drawn.iter().map(|input| input.name.as_str()).collect();
            self.faults.push(fault.unknown(pattern, names, self.faults).listed());
        }
    }
}

/// What makes this no matrix of correlations of so many inputs, but for its eigenvalues.
fn malformed(names: &[String], matrix: &[Vec<f64>], path: Path) -> Option<Fault> {
    let rows = names.len();
    if rows > MOST_ROWS {
        return Some(
            Fault::new(path, format!("a matrix has at most {MOST_ROWS} rows")).label(format!("{rows} inputs")),
        );
    }
    if matrix.len() != rows || matrix.iter().any(|row| row.len() != rows) {
        return Some(Fault::new(path, format!("{rows} inputs need a matrix of {rows} rows of {rows} numbers")));
    }
    let entries = || (0..rows).flat_map(|row| (0..rows).map(move |column| (row, column)));
    let wrong = |(row, column): &(usize, usize)| {
        let (value, mirrored) = (matrix[*row][*column], matrix[*column][*row]);
        !(value.abs() <= 1.0) || (value - mirrored).abs() > WRITTEN || row == column && (value - 1.0).abs() > WRITTEN
    };
    let (row, column) = entries().find(wrong)?;
    let fault = Fault::new(
        path,
        "a matrix of correlations is symmetric, has ones on its diagonal and all entries from -1 to 1",
    );
    let place = format!("{} in row {}, column {}", number(matrix[row][column]), row + 1, column + 1);
    Some(fault.label(place))
}

/// The lower triangle whose product with its mirror image is the matrix, if that is positive definite.
fn cholesky(matrix: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let mut lower: Vec<Vec<f64>> = vec![vec![0.0; matrix.len()]; matrix.len()];
    for row in 0..matrix.len() {
        for column in 0..=row {
            let rest: f64 = (0..column).map(|inner| lower[row][inner] * lower[column][inner]).sum();
            let left = matrix[row][column] - rest;
            if row == column {
                if left.is_nan() || left <= WRITTEN {
                    return None;
                }
                lower[row][row] = left.sqrt();
            } else {
                lower[row][column] = left / lower[column][column];
            }
        }
    }
    Some(lower)
}

/// Of a symmetric matrix, by Jacobi's rotations.
fn smallest_eigenvalue(matrix: &[Vec<f64>]) -> f64 {
    let (size, mut matrix) = (matrix.len(), matrix.to_vec());
    for _ in 0..20 {
        for p in 0..size {
            for q in p + 1..size {
                if matrix[p][q].abs() < 1e-14 {
                    continue;
                }
                let theta = (matrix[q][q] - matrix[p][p]) / (2.0 * matrix[p][q]);
                let tangent = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
                let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
                let sine = tangent * cosine;
                for row in &mut matrix {
                    (row[p], row[q]) = (cosine * row[p] - sine * row[q], sine * row[p] + cosine * row[q]);
                }
                let (upper, lower) = matrix.split_at_mut(q);
                for (a, b) in upper[p].iter_mut().zip(&mut lower[0]) {
                    (*a, *b) = (cosine * *a - sine * *b, sine * *a + cosine * *b);
                }
            }
        }
    }
    (0..size).map(|row| matrix[row][row]).fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_is_the_product_of_its_cholesky_factor_or_has_an_eigenvalue_below_zero() {
        let sound = vec![vec![1.0, 0.5, -0.3], vec![0.5, 1.0, 0.2], vec![-0.3, 0.2, 1.0]];
        let lower = cholesky(&sound).expect("positive definite");
        for row in 0..3 {
            for column in 0..3 {
                let product: f64 = (0..3).map(|inner| lower[row][inner] * lower[column][inner]).sum();
                assert!((product - sound[row][column]).abs() < 1e-15);
            }
        }
        // Of three that are all correlated by r, the smallest eigenvalue is 1 + 2 r for r < 0, and 1 - r else.
        for (r, smallest) in [(-0.6, -0.2), (0.25, 0.75), (-0.5, 0.0)] {
            let all = vec![vec![1.0, r, r], vec![r, 1.0, r], vec![r, r, 1.0]];
            assert!((smallest_eigenvalue(&all) - smallest).abs() < 1e-12, "{r}");
            assert_eq!(cholesky(&all).is_some(), smallest > 0.0, "{r}");
        }
    }
}
