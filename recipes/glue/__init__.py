"""Text classification in many tasks at once (Perceiver IO, section 4.1).

    python -m recipes glue train --config tiny --from runs/byte_mlm_tiny/best

One learned query for each task, and a two-layer head of its own (appendix
F.4). `tiny` learns tasks that are made of CPython's documentation, in about
four minutes on two CPU cores; `--data FOLDER` takes GLUE's own files. `paper`
is the published fine-tuning: 81.8 on average on GLUE's development sets in one
multitask model of bytes, 81.0 in one model for each task (tables 2 and 14).
"""

from recipes.glue import samples
from recipes.glue.breakdown import break_down
from recipes.glue.completion import complete
from recipes.glue.config import CONFIGURATIONS
from recipes.glue.data import GlueData
from recipes.glue.evaluation import measure
from recipes.glue.forms_study import compare_forms
from recipes.glue.heads import heads_of
from recipes.glue.heads import side_by_side
from recipes.glue.objective import Shortfall
from recipes.glue.objective import TaskLoss
from recipes.glue.start import check_model
from recipes.glue.start import check_start
from recipes.glue.start import prepare_heads
from recipes.glue.start import prepare_model
from recipes.glue.tokens import make_task
from recipes.recipe import Recipe
from recipes.settings import resolved
from recipes.token_robustness import ROBUSTNESS

# Layers of a classifier that a language model lacks.
_OF_TASKS = ("*_query", "*_token", "*_hidden", "*_logits")


def compile_arguments(configuration):
    """The loss of each example's own task, and the average to watch."""
    heads = heads_of(resolved(configuration.model)["task_outputs"])
    return {"loss": TaskLoss(heads), "weighted_metrics": [Shortfall(heads)]}


RECIPE = Recipe(
    name="glue",
    summary="tell what texts say, in many tasks at once",
    configurations=CONFIGURATIONS,
    expectations={
        "tiny": "2 CPU cores, 4 minutes",
        "base": "one GPU, a day; not run yet",
        "paper": "several accelerators, a day; not run here",
    },
    open_data=GlueData,
    compile_arguments=compile_arguments,
    complete=complete,
    prepare_model=prepare_model,
    check_model=check_model,
    metric="shortfall",
    columns={"average": lambda row: f"{100 * (1 - row['shortfall']):.2f}"},
    column_of={"shortfall": "average"},
    make_task=make_task,
    sample=samples.answered_examples,
    answer=samples.answer,
    request="TASK 'a text' 'a second text'",
    preprocessing=GlueData.preprocessing,
    prepare_head=prepare_heads,
    check_start=check_start,
    head=_OF_TASKS,
    # Of a language model, or of a classifier of other tasks.
    unused=("output_queries", "logits", *_OF_TASKS),
    measure=measure,
    break_down=break_down,
    trained_output=side_by_side,
    studies={"forms": compare_forms},
    studies_from=("forms",),
    robustness=ROBUSTNESS,
)
