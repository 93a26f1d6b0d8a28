"""Whether a model and data have the same classes, numbered alike."""

from keras_perceiver.tasks.labels import names_of


def check_number(num_classes, class_names, description):
    """Raises `ValueError` where a model has another number of classes.

    Args:
        num_classes: of the model.
        class_names: of the data.
        description: of the data, in words.
    """
    if len(class_names) != num_classes:
        raise ValueError(
            f"{description} has {len(class_names)} classes, and the model "
            f"{num_classes}. Set --model.num-classes {len(class_names)}."
        )


def check_same_classes(model, data):
    """Raises `ValueError` where a model and data number classes differently.

    Scores go by number, so that classes in another order would count as
    mistakes without a word.

    Args:
        model: as `class_difference` takes it.
        data: the `RecipeData`.
    """
    difference = class_difference(model, data)
    if difference:
        raise ValueError(
            f"{difference} Its score would be wrong. Wanted: the model's "
            "names, in its order. Name such data with --data, or fine-tune "
            "the model on these with train --from. If these are the same "
            "classes in other words, write the words into the class_names of "
            "its model.json."
        )


def class_difference(model, data):
    """Says in which class a model and data differ first; None for none.

    Where one side has numbers for names, as records without names do, nothing
    can be compared.

    Args:
        model: the model; what came with it may hold its `class_names`.
        data: the `RecipeData`.
    """
    of_data = _by_task(data.class_names)
    for task, known in _by_task(names_of(model, None)).items():
        given = of_data.get(task, known)
        if known == given or _are_numbers(known) or _are_numbers(given):
            continue
        pairs = zip(known, given, strict=False)
        different = (n for n, (one, other) in enumerate(pairs) if one != other)
        number = next(different, min(len(known), len(given)))
        return (
            f"The model and the data number {task or 'their'} classes "
            f"differently: number {number} is {_name(known, number)} to the "
            f"model and {_name(given, number)} in the data."
        )
    return None


def _by_task(names):
    if names is None:
        return {}
    return names if isinstance(names, dict) else {"": names}


def _are_numbers(names):
    return any(
        names == [str(first + number) for number in range(len(names))]
        for first in (0, 1)
    )


def _name(names, number):
    return repr(names[number]) if number < len(names) else "nothing"
