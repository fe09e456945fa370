"""What `hwlstm inspect` says of an ONNX file."""

from hwlstm.cli import main

STATES = "states: each sequence starts anew, or goes on from those kept (TUSER on its first beat)"


def test_inspect_says_how_states_go_on(graph, capsys):
    graph.extra_inputs = [(name, (1, [1, "batch", 4])) for name in ("h0", "c0")]
    path = graph.lstm("x W R B - h0 c0").save("Y Y_h Y_c")
    assert main(["inspect", str(path)]) == 0
    assert STATES in capsys.readouterr().out.splitlines()


def test_inspect_says_what_becomes_constant(graph, capsys):
    graph.extra_inputs = [("R", (1, [1, 16, 4]))]
    assert main(["inspect", str(graph.lstm().save("Y"))]) == 0
    assert capsys.readouterr().err == (
        "hwlstm inspect: model.onnx: constants from now on, "
        "though they are inputs with a default: R\n"
    )


def test_classify_is_for_every_file(graph, capsys):
    path = graph.lstm().head().node("Softmax", "y", "p", axis=-1).save("p")
    assert main(["inspect", str(path)]) == 2
    assert capsys.readouterr().err == (
        "hwlstm inspect: model.onnx: Softmax 'softmax': place = 'end of the model' is not "
        "supported; export the logits, or give --classify: argmax instead of Softmax\n"
    )
    assert main(["inspect", str(path), "--classify"]) == 0
    assert "result: index of the largest output" in capsys.readouterr().out


def test_steps_are_not_for_a_file_that_says_them(graph, capsys):
    path = graph.lstm().head().save("y")
    assert main(["inspect", str(path), "--steps", "all"]) == 2
    assert capsys.readouterr().err == (
        f"hwlstm inspect: {path} says itself which steps are read; steps are for .npz files\n"
    )
