//! The lines with which schedulers start a run that is split, ready to be used. docs/shards.md says what to know of each.

use serde_json::json;

/// A run that is split.
#[derive(Clone, Debug)]
pub struct Split {
    /// The config file and all options of the run, as words.
    pub words: Vec<String>,
    /// What the output is called.
    pub stem: String,
    /// How many shards.
    pub shards: u32,
}

/// A way to start the shards of a run and to merge them.
pub struct Scheduler {
    /// As it is asked for.
    pub name: &'static str,
    /// As it is called.
    pub title: &'static str,
    /// The lines, each with its end.
    pub lines: fn(&Split) -> String,
}

/// All there are; to add one, a line here.
pub const SCHEDULERS: [Scheduler; 5] = [
    Scheduler { name: "slurm", title: "Slurm", lines: slurm },
    Scheduler { name: "parallel", title: "GNU parallel (with -S HOST,HOST on several machines)", lines: parallel },
    Scheduler { name: "snakemake", title: "Snakemake (examples/snakemake)", lines: snakemake },
    Scheduler { name: "aws-batch", title: "AWS Batch (with a queue and a job definition of yours)", lines: aws_batch },
    Scheduler {
        name: "kubernetes",
        title: "Kubernetes: Jobs (with an image and a volume claim of yours, here both `shortfall`)",
        lines: kubernetes,
    },
];

/// A word as a shell reads it as one.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./=:,@%+".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.into()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

fn line(words: &[String]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

impl Split {
    /// The words of `shortfall run`, these first.
    fn run(&self, more: &[&str]) -> Vec<String> {
        let begin = ["shortfall", "run"].map(String::from).into_iter().chain(self.words.iter().cloned());
        begin.chain(more.iter().map(|word| word.to_string())).chain(["--force", "-q"].map(String::from)).collect()
    }

    fn count(&self) -> String {
        self.shards.to_string()
    }

    /// A line for a shell: the shards as it finds them.
    fn merge(&self) -> String {
        format!("shortfall merge {}/*", quoted(&format!("shortfall-out/{}-shards", self.stem)))
    }
}

/// The lines of README.md, which are tried on a real Slurm.
fn slurm(split: &Split) -> String {
    let shards = split.shards;
    let run = line(&split.run(&["--shards", &split.count()]));
    let again = "[ $code -gt 128 ] && [ ${SLURM_RESTART_COUNT:-0} -lt 3 ] && \
                 scontrol requeue ${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID; exit $code";
    let own = quoted(&format!("{run}; code=$?; \\\n    {again}"));
    let merge = quoted(&split.merge());
    format!(
        "id=$(sbatch --parsable --requeue --array=1-{shards} --wrap {own})\nsbatch --dependency=afterany:$id --wrap {merge}\n"
    )
}

fn snakemake(split: &Split) -> String {
    let (model, options) = split.words.split_first().map_or(("", &[][..]), |(model, rest)| (model.as_str(), rest));
    // A list: at the ends of plain text Snakemake takes quotes away.
    let options = quoted(&format!("options={}", json!(options)));
    let model = quoted(&format!("model={model}"));
    let shards = split.shards;
    format!(
        "snakemake --snakefile examples/snakemake/Snakefile --cores all --config {model} shards={shards} {options}\n"
    )
}

/// A name as Kubernetes and AWS allow it.
fn job_name(stem: &str) -> String {
    let letters =
        stem.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' });
    let name: String = format!("shortfall-{}", letters.take(40).collect::<String>());
    name.trim_end_matches('-').into()
}

/// Pods of a job at a time: more are allowed, and hard to start.
const MOST_PODS: u32 = 1000;

fn kubernetes(split: &Split) -> String {
    let merge = ["sh", "-c", &split.merge()];
    let shards = split.shards;
    // Words of the config come last, so that nothing in them is taken for a place to fill in.
    include_str!("kubernetes.yaml")
        .replace("NAME", &job_name(&split.stem))
        .replace("SHARDS", &shards.to_string())
        .replace("AT_ONCE", &shards.min(MOST_PODS).to_string())
        .replacen("MERGE", &json!(merge).to_string(), 1)
        .replacen("RUN", &json!(split.run(&["--shards", &split.count()])).to_string(), 1)
}

/// What is tried once more: whatever ends with a code other than 2 and 3, be it a machine that was taken back or a signal.
const RETRY: &str = include_str!("aws_batch_retry.json");

fn aws_batch(split: &Split) -> String {
    let name = job_name(&split.stem);
    let submit = |name: &str, more: &str, command: &[String]| {
        let command = quoted(&json!({ "command": command }).to_string());
        format!(
            "aws batch submit-job --job-name {name} --job-queue \"$QUEUE\" --job-definition \"$DEFINITION\" {more} \\\n    \
             --container-overrides {command}"
        )
    };
    // An array has at least two jobs.
    let (array, run) = match split.shards {
        1 => (String::new(), split.run(&["--shard", "1/1"])),
        shards => (format!("--array-properties size={shards} "), split.run(&["--shards", &split.count()])),
    };
    let run = submit(&name, &format!("{array}--retry-strategy {}", quoted(RETRY.trim())), &run);
    let merge = ["sh", "-c", &split.merge()].map(String::from);
    let merge = submit(&format!("{name}-merge"), "--depends-on \"jobId=$id\"", &merge);
    format!("id=$({run} \\\n    --query jobId --output text)\n{merge}\n")
}

fn parallel(split: &Split) -> String {
    let words = line(&split.words);
    let shards = split.shards;
    format!(
        "seq {shards} | parallel --retries 3 -q shortfall run {words} --shard {{}}/{shards} --force -q\n{}\n",
        split.merge()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_read_something_else() {
        assert_eq!(quoted("--set=a.b=0.05"), "--set=a.b=0.05");
        assert_eq!(quoted("projects.*.slip_months=24"), "'projects.*.slip_months=24'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
        assert_eq!(job_name("US_Japan 2025.x"), "shortfall-us-japan-2025-x");
    }

    #[test]
    fn lines_name_the_config_its_options_and_the_number_of_shards() {
        let words = ["my.toml", "-n", "100000"].map(String::from).into();
        let split = Split { words, stem: "my".into(), shards: 40 };
        for scheduler in &SCHEDULERS {
            let lines = (scheduler.lines)(&split);
            assert!(lines.contains("my.toml") && lines.contains("100000") && lines.contains("40"), "{lines}");
            assert!(lines.ends_with('\n'), "{}", scheduler.name);
        }
        assert_eq!(
            parallel(&split),
            "seq 40 | parallel --retries 3 -q shortfall run my.toml -n 100000 --shard {}/40 --force -q\n\
             shortfall merge shortfall-out/my-shards/*\n"
        );
    }
}
