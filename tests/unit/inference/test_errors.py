"""The error tree is drawn whole, and every code is explained."""

import inspect

from inference import errors


def test_given_the_tree_in_the_docstring_when_compared_then_it_names_every_error():
    classes = [
        value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, errors.InferenceError)
    ]

    assert len(classes) == 5
    for error in classes:
        assert error.__name__ in errors.__doc__


def test_given_the_codes_when_compared_then_each_is_explained_where_they_are_listed():
    source = inspect.getsource(errors)

    for code in errors.REJECTION_CODES:
        assert f"`{code}`:" in source
