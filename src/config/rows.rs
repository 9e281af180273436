//! From the rows of a table to entries of a config.

use toml::{Table, Value};

use super::beside::Beside;
use super::cells::{self, Unreadable};
use super::fault::{Fault, nearest};
use super::location::Location;
use super::set::{self, Path};
use super::sheet::INSTEAD;
use super::structure;

/// Names of the column whose cells name the entries.
const IDS: [&str; 2] = ["id", "name"];

/// Column whose cells are for whoever reads the table.
const COMMENT: &str = "comment";

/// Column whose cells say where the values of the row come from; behind a key, as in `slip_months source`, where those below it do.
pub const SOURCE: &str = "source";

/// What a column holds.
enum Column {
    Id,
    /// The value at this path below the entry.
    Key(Path),
    /// Where the values come from whose path begins so.
    Source(Path),
    /// A key is misspelt: all rows lack it because of that.
    Misspelt(Path),
    Nothing,
}

/// One table on its way into a config.
struct Entering<'a> {
    kind: &'a str,
    sheet: usize,
    entries: &'a mut Table,
    beside: &'a mut Beside,
    columns: Vec<Column>,
}

/// Adds the rows of a sheet to the entries of a kind. What is at fault is told and left out. `elsewhere` tells where an entry
/// stands that is not in a table.
pub fn enter(
    kind: &str,
    sheet: usize,
    entries: &mut Table,
    beside: &mut Beside,
    elsewhere: impl Fn(&[String]) -> Location,
) {
    let mut entering = Entering { kind, sheet, entries, beside, columns: Vec::new() };
    let header = entering.beside.sheet(sheet).header().to_vec();
    if header.is_empty() {
        return entering.refuse(
            Vec::new(),
            0,
            0,
            "this table is empty",
            "its first row names the columns: `id`, and keys as in TOML",
        );
    }
    for (column, name) in header.iter().enumerate() {
        let found = entering.column(column, name.trim());
        entering.columns.push(found);
    }
    entering.check_columns();
    let Some(id) = entering.columns.iter().position(|column| matches!(column, Column::Id)) else {
        let help = "the column `id` names the entry of each row, as in `nolans`";
        return entering.refuse(vec![kind.into()], 0, 0, "this table has no column `id`", help);
    };
    let rows: Vec<usize> = entering.beside.sheet(sheet).rows().map(|(position, _)| position).collect();
    if rows.is_empty() {
        entering.refuse(
            vec![kind.into()],
            0,
            0,
            "this table has no rows below its header",
            "leave the file out, or fill it in",
        );
    }
    let order = entering.keys_in_order();
    for row in rows {
        entering.row(row, id, &order, &elsewhere);
    }
}

impl Entering<'_> {
    fn refuse(&mut self, path: Path, row: usize, column: usize, message: &str, help: &str) {
        let location = self.beside.sheet(self.sheet).locate(row, column);
        self.beside.refuse(Fault::new(path, message).help(help), location);
    }

    /// What the column with this name holds; a fault if nothing has that name.
    fn column(&mut self, column: usize, name: &str) -> Column {
        if let Some(why) = self.beside.sheet(self.sheet).refusal(0, column) {
            self.refuse(Vec::new(), 0, column, why, "name each column in a cell of its own");
            return Column::Nothing;
        }
        let of_source = name.strip_suffix(SOURCE).filter(|key| key.is_empty() || key.ends_with(' ')).map(str::trim);
        let path = |name: &str| if name.is_empty() { Path::new() } else { set::split(name) };
        let is_known = |path: &Path| !cells::sites(self.kind, path).is_empty();
        match (name, of_source) {
            ("", _) => Column::Nothing, // a fault only if something stands below
            (name, _) if IDS.contains(&name) => Column::Id,
            (COMMENT, _) => Column::Nothing,
            (name, _) if name.starts_with('#') => Column::Nothing,
            (_, Some(key)) if is_known(&path(key)) => Column::Source(path(key)),
            (name, None) if is_known(&path(name)) => Column::Key(path(name)),
            (name, of_source) => {
                let meant = self.unknown(column, of_source.unwrap_or(name));
                meant.filter(|_| of_source.is_none()).map_or(Column::Nothing, |meant| Column::Misspelt(vec![meant]))
            }
        }
    }

    /// Refuses a column that no key has the name of; returns the key that seems to be meant.
    fn unknown(&mut self, column: usize, key: &str) -> Option<String> {
        let entry = cells::sites(self.kind, &[]);
        let known = entry.into_iter().flat_map(structure::forms).flat_map(|form| structure::keys(form.schema));
        let known: Vec<&str> = known.chain([IDS[0], SOURCE, COMMENT]).collect();
        let meant = nearest(key, known.iter().copied());
        let help = match meant {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!(
                "a column has the name of a key, as in `{}` or `ramp.months`; `{COMMENT}` and what begins with `#` is for readers",
                known[known.len() / 2]
            ),
        };
        self.refuse(Vec::new(), 0, column, &format!("there is no key `{key}` of {}", self.kind), &help);
        meant.map(String::from)
    }

    /// No column comes twice, none without a name has anything below it, and no row goes on behind the last one.
    fn check_columns(&mut self) {
        let sheet = self.beside.sheet(self.sheet);
        let header: Vec<String> = sheet.header().iter().map(|name| name.trim().to_string()).collect();
        let mut faults = Vec::new();
        for (column, name) in header.iter().enumerate() {
            let is_id = |name: &str| IDS.contains(&name);
            let same = |other: &String| other == name || is_id(other) && is_id(name);
            if !name.is_empty() && !name.starts_with('#') && header[..column].iter().any(same) {
                faults.push((0, column, format!("the column `{name}` is there twice"), "keep one of them"));
            }
        }
        let width = sheet.rows().map(|(_, row)| row.cells.len()).max().unwrap_or(0);
        for column in (0..width).filter(|column| header.get(*column).is_none_or(String::is_empty)) {
            if let Some((row, _)) = sheet.rows().find(|(row, _)| !sheet.cell(*row, column).is_empty()) {
                let help = "name its column in the first row, or in a text with commas put quotes around it; merged cells name only one";
                faults.push((row, column, "this cell stands in a column without a name".into(), help));
            }
        }
        for (row, column, message, help) in faults {
            if row == 0 {
                self.columns[column] = Column::Nothing;
            }
            self.refuse(Vec::new(), row, column, &message, help);
        }
    }

    /// Columns with keys, so that the positions of a list come in order.
    fn keys_in_order(&self) -> Vec<(usize, Path)> {
        let key = |(column, what): (usize, &Column)| match what {
            Column::Key(path) => Some((column, path.clone())),
            _ => None,
        };
        let mut keys: Vec<(usize, Path)> = self.columns.iter().enumerate().filter_map(key).collect();
        keys.sort_by_key(|(_, path)| path.iter().map(|part| part.parse().unwrap_or(0)).collect::<Vec<usize>>());
        keys
    }

    /// Adds the entry of a row.
    fn row(&mut self, row: usize, id: usize, order: &[(usize, Path)], elsewhere: &impl Fn(&[String]) -> Location) {
        let sheet = self.beside.sheet(self.sheet);
        let name = sheet.cell(row, id).to_string();
        let entry = vec![self.kind.to_string(), name.clone()];
        if name.is_empty() {
            return self.refuse(
                vec![self.kind.into()],
                row,
                id,
                "this row has no `id`",
                "name its entry, as in `nolans`",
            );
        }
        if self.entries.contains_key(&name) {
            let other = self.beside.locate(&entry).unwrap_or_else(|| elsewhere(&entry)).words();
            let message = format!("`{name}` is given twice");
            return self.refuse(
                Vec::new(),
                row,
                id,
                &message,
                &format!("the other one is in {other}: rename or remove one"),
            );
        }
        self.beside.place(entry.clone(), self.sheet, row, id);
        for column in &self.columns {
            if let Column::Misspelt(key) = column {
                self.beside.leave_out(&[&entry[..], key].concat());
            }
        }
        let mut value = Value::Table(Table::new());
        for (column, key) in order {
            let sheet = self.beside.sheet(self.sheet);
            let (text, refused) = (sheet.cell(row, *column).to_string(), sheet.refusal(row, *column));
            let path = [&entry[..], key].concat();
            let read = match refused {
                Some(why) => Err(Unreadable { message: why.into(), help: INSTEAD.into() }),
                None if text.is_empty() => continue,
                None => cells::read(&cells::sites(self.kind, key), &text).and_then(|read| put(&mut value, key, read)),
            };
            self.beside.place(path.clone(), self.sheet, row, *column);
            match read {
                Ok(()) => {
                    let note = self.source(row, key);
                    self.beside.note(&path, &note);
                }
                Err(why) => self.refuse(path, row, *column, &why.message, &why.help),
            }
        }
        self.entries.insert(name, value);
    }

    /// Where the value at `key` comes from, as its row says: in the column for it, for what it is a part of, or for the row.
    fn source(&self, row: usize, key: &[String]) -> String {
        let sheet = self.beside.sheet(self.sheet);
        let of = |length: usize| {
            let is_of = |column: &Column| matches!(column, Column::Source(path) if *path == key[..length]);
            self.columns.iter().position(is_of).map(|column| sheet.cell(row, column)).filter(|text| !text.is_empty())
        };
        (0..=key.len()).rev().find_map(of).unwrap_or_default().into()
    }
}

/// Puts a value where it belongs in an entry: a number in its path is a position in a list.
fn put(entry: &mut Value, key: &[String], value: Value) -> Result<(), Unreadable> {
    let Some((first, rest)) = key.split_first() else {
        *entry = value;
        return Ok(());
    };
    let empty = match rest.first().map(|next| next.parse::<usize>()) {
        Some(Ok(_)) => Value::Array(Vec::new()),
        _ => Value::Table(Table::new()),
    };
    let inner = match entry {
        Value::Table(table) => table.entry(first.as_str()).or_insert(empty),
        Value::Array(items) => {
            let position: usize = first.parse().unwrap_or(usize::MAX);
            if position == items.len() {
                items.push(empty);
            }
            let Some(item) = items.get_mut(position) else {
                let message = format!("this is at position {first} of a list whose earlier positions are empty");
                return Err(Unreadable { message, help: "fill in position 0 first, then 1, and so on".into() });
            };
            item
        }
        _ => {
            let message = format!("`{first}` is a part of what another column gives as a whole");
            return Err(Unreadable { message, help: "keep one of the two columns filled in".into() });
        }
    };
    if rest.is_empty() && !matches!(inner, Value::Table(table) if table.is_empty()) {
        let message = format!("`{first}` is given by another column too, as a whole or in parts");
        return Err(Unreadable { message, help: "keep one of the columns filled in".into() });
    }
    put(inner, rest, value)
}
