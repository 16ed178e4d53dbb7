"""Looking at a model leaves no trace in it: evaluation, recorders, lesions, Grad-CAM."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_course.blocks import PreActivationBlock, conv1x1
from resnet_course.evaluation import accuracy, evaluate, most_confident_mistakes, predict, prediction_table
from resnet_course.grad_cam import grad_cam
from resnet_course.language import speaking
from resnet_course.lesion import without_block
from resnet_course.recorders import ActivationRecorder, GradientRecorder, gradient_norms
from resnet_course.resnet import create_resnet
from resnet_course.small_nets import WideResNet, create_plain_net, create_small_resnet


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


def small_net() -> nn.Module:
    return create_small_resnet(8, width=4, in_channels=1)


def batches() -> list[tuple[Tensor, Tensor]]:
    return [(torch.randn(size, 1, 12, 12), torch.randint(10, (size,))) for size in (7, 7, 3)]


def test_loss_and_accuracy_are_means_over_images_and_not_over_batches() -> None:
    model, loader = small_net(), batches()
    loss, share = evaluate(model, loader)

    model.eval()
    with torch.no_grad():
        logits = torch.cat([model(images) for images, _ in loader])
    truth = torch.cat([labels for _, labels in loader])
    assert loss == pytest.approx(F.cross_entropy(logits, truth).item(), rel=1e-5)
    assert share == accuracy(model, loader) == (logits.argmax(1) == truth).sum().item() / 17


def test_measuring_changes_neither_statistics_nor_modes_nor_gradients() -> None:
    model = small_net().train()
    model.layer1.eval()  # a part that somebody keeps still
    before = copy.deepcopy(model.state_dict())
    modes = [module.training for module in model.modules()]
    accuracy(model, batches())

    assert [module.training for module in model.modules()] == modes
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_modes_are_restored_even_when_the_model_fails() -> None:
    model = small_net().train()
    with pytest.raises(RuntimeError):
        accuracy(model, [(torch.zeros(1, 3, 8, 8), torch.tensor([0]))])

    assert all(module.training for module in model.modules())


def test_a_loader_without_batches_is_an_error() -> None:
    for measure in (accuracy, evaluate, predict):
        with pytest.raises(ValueError, match="gave no batch"):
            measure(small_net(), [])


def test_probabilities_are_the_softmax_in_the_order_of_the_images() -> None:
    model, loader = small_net(), batches()
    probabilities, labels = predict(model, loader)

    assert probabilities.shape == (17, 10)
    assert torch.equal(labels, torch.cat([each for _, each in loader]))
    torch.testing.assert_close(probabilities.sum(1), torch.ones(17))
    torch.testing.assert_close(probabilities[7:14], model.eval()(loader[1][0]).softmax(1).detach())


def test_two_models_stand_side_by_side_in_the_first_ones_order() -> None:
    mine, its = torch.tensor([0.1, 0.7, 0.2]), torch.tensor([0.5, 0.25, 0.25])
    with speaking("pt"):
        table = prediction_table({"minha": mine, "torchvision": its}, ["a", "b", "c"], top=2)

    assert list(table.index) == ["b", "c"]
    assert list(table["torchvision"]) == ["25,0%", "25,0%"]


def test_probabilities_for_another_number_of_classes_are_an_error() -> None:
    with pytest.raises(ValueError, match=r"of mine have the shape \[3\], and there are 2 class names"):
        prediction_table({"mine": torch.ones(3)}, ["a", "b"])


def test_the_most_confident_mistakes_come_first_and_right_answers_never() -> None:
    probabilities = torch.tensor([[0.6, 0.4], [0.1, 0.9], [0.8, 0.2], [0.3, 0.7]])

    assert most_confident_mistakes(probabilities, torch.tensor([1, 0, 0, 0])) == [1, 3, 0]
    assert most_confident_mistakes(probabilities, torch.tensor([1, 0, 0, 0]), count=1) == [1]
    assert most_confident_mistakes(probabilities, torch.tensor([0, 1, 0, 1])) == []


# ---------------------------------------------------------------- recorders


def test_activations_are_recorded_for_every_call_of_every_layer() -> None:
    model = small_net()
    x = torch.randn(5, 1, 12, 12)
    with ActivationRecorder(model, kinds=[nn.ReLU, nn.Conv2d]) as activations:
        model(x)
    with torch.no_grad():
        expected = model.conv1(x)

    assert activations.mean["conv1"] == pytest.approx([expected.mean().item()])
    assert activations.std["conv1"] == pytest.approx([expected.std(correction=0).item()])
    assert len(activations.mean["layer1.0.relu"]) == 2  # called twice in a block
    assert list(activations.table().index)[:3] == ["conv1", "relu", "layer1.0.conv1"]


def test_recorders_leave_no_hook_behind_even_after_an_error() -> None:
    model = small_net()
    with pytest.raises(RuntimeError), ActivationRecorder(model), GradientRecorder(model):
        model(torch.zeros(1, 3, 12, 12))

    assert not any(module._forward_hooks for module in model.modules())
    assert not any(parameter._backward_hooks for parameter in model.parameters())


def test_gradients_are_recorded_for_every_backward_pass() -> None:
    model = small_net()
    x, y = torch.randn(5, 1, 12, 12), torch.randint(10, (5,))
    with GradientRecorder(model) as gradients:
        for _ in range(2):
            model.zero_grad()
            F.cross_entropy(model(x), y).backward()

    assert list(gradients.norms)[:2] == ["conv1", "layer1.0.conv1"]
    assert all(len(norms) == 2 for norms in gradients.norms.values())
    assert gradients.norms["conv1"][-1] == pytest.approx(model.conv1.weight.grad.norm().item())


def test_gradient_norms_are_those_that_backward_gives_and_leave_no_gradient() -> None:
    model = small_net()
    loss = F.cross_entropy(model(torch.randn(5, 1, 12, 12)), torch.randint(10, (5,)))
    norms = gradient_norms(model, loss)

    assert all(parameter.grad is None for parameter in model.parameters())
    loss.backward()
    expected = {name: module.weight.grad.norm().item() for name, module in model.named_modules() if name in norms}
    assert norms == pytest.approx(expected)
    assert len(norms) == 8


def test_what_cannot_be_recorded_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"no layer of the kinds \['Tanh'\]"):
        ActivationRecorder(small_net(), kinds=[nn.Tanh])
    with pytest.raises(ValueError, match="no weight that is trained"):
        GradientRecorder(small_net().requires_grad_(False))
    with pytest.raises(ValueError, match=r"the shape \[3\]; it must be a single number"):
        gradient_norms(small_net(), torch.zeros(3))


# ---------------------------------------------------------------- lesion


@pytest.mark.parametrize(("stage", "index"), [(1, 0), (2, 0), (3, 2)])
@pytest.mark.parametrize("shortcut", ["A", "B"])
def test_a_lesioned_residual_net_is_the_net_whose_block_adds_zero(stage: int, index: int, shortcut: str) -> None:
    model = create_small_resnet(20, shortcut=shortcut, width=4, in_channels=1).eval()
    silenced = copy.deepcopy(model)
    block = getattr(silenced, f"layer{stage}")[index]
    nn.init.zeros_(block.bn2.weight)  # its bias is zero already
    x = torch.randn(2, 1, 12, 12)

    assert torch.equal(without_block(model, stage, index)(x), silenced(x))


@pytest.mark.parametrize("index", [0, 1])
def test_a_lesioned_pre_activation_net_is_the_net_whose_block_adds_zero(index: int) -> None:
    model = WideResNet(16, 2, in_channels=1, width=4).eval()
    silenced = copy.deepcopy(model)
    nn.init.zeros_(silenced.layer2[index].conv2.weight)
    x = torch.randn(2, 1, 12, 12)

    assert torch.equal(without_block(model, 2, index)(x), silenced(x))


def test_a_lesion_leaves_the_model_as_it_was() -> None:
    model = small_net()
    before = repr(model)
    without_block(model, 1, 0)

    assert repr(model) == before


def test_torchvisions_networks_can_be_lesioned_too() -> None:
    import torchvision

    lesioned = without_block(torchvision.models.resnet50(), stage=4, index=2)
    assert isinstance(lesioned.layer4[2], nn.Identity)


def test_a_plain_net_can_lose_blocks_that_keep_the_shape_and_no_others() -> None:
    model = create_plain_net(20, width=4, in_channels=1)

    assert without_block(model, 1, 0)(torch.zeros(2, 1, 12, 12)).shape == (2, 10)
    with pytest.raises(ValueError, match="block 0 of stage 2 changes the shape"):
        without_block(model, 2, 0)


def test_an_absent_stage_or_block_is_an_error_that_says_what_there_is() -> None:
    with pytest.raises(ValueError, match="`stage` is 4; the model's stages are: 1, 2, 3"):
        without_block(create_small_resnet(20), 4, 0)
    with pytest.raises(ValueError, match="`index` is 3; stage 1 has the blocks 0 to 2"):
        without_block(create_small_resnet(20), 1, 3)
    with pytest.raises(ValueError, match="`index` is -1"):
        without_block(create_small_resnet(20), 1, -1)


# ---------------------------------------------------------------- Grad-CAM


def test_grad_cam_is_the_papers_formula() -> None:
    model = small_net().eval()
    images = torch.randn(3, 1, 16, 16)
    maps = model.layer3(model.layer2(model.layer1(model.relu(model.bn1(model.conv1(images))))))
    maps.retain_grad()
    logits = model.fc(model.avgpool(maps).flatten(1))
    logits[:, 4].sum().backward()
    heat = F.relu((maps.grad.mean((2, 3), keepdim=True) * maps).sum(1, keepdim=True)).detach()
    heat = F.interpolate(heat, size=(16, 16), mode="bilinear")[:, 0]

    expected = heat / heat.amax((1, 2), keepdim=True).clamp(min=1e-12)
    torch.testing.assert_close(grad_cam(model, images, torch.full((3,), 4)), expected)


def test_grad_cam_points_at_what_the_class_depends_on() -> None:
    class Spot(nn.Module):
        """Class 1 is 'bright', wherever it is bright."""

        def __init__(self) -> None:
            super().__init__()
            self.layer1 = conv1x1(1, 1)
            nn.init.ones_(self.layer1.weight)

        def forward(self, x: Tensor) -> Tensor:
            bright = self.layer1(x).mean((1, 2, 3))
            return torch.stack([-bright, bright], 1)

    image = torch.zeros(1, 1, 8, 8)
    image[0, 0, 2, 5] = 1
    heat = grad_cam(Spot(), image)

    assert heat.shape == (1, 8, 8)
    assert heat[0].argmax() == 2 * 8 + 5
    assert not grad_cam(Spot(), image, torch.tensor([0])).any()  # nothing speaks for the other class


def test_grad_cam_needs_no_trainable_weight_and_changes_nothing() -> None:
    model = create_resnet("resnet18", 5).requires_grad_(False).train()
    before = copy.deepcopy(model.state_dict())
    heat = grad_cam(model, torch.randn(2, 3, 64, 48))

    assert heat.shape == (2, 64, 48)
    assert heat.max() == 1
    assert model.training
    assert not any(module._forward_hooks for module in model.modules())
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_grad_cam_can_look_at_a_layer_with_a_relu_in_place_behind_it() -> None:
    model = small_net()

    assert grad_cam(model, torch.randn(1, 1, 12, 12), layer=model.layer2[0].bn1).shape == (1, 12, 12)


def test_grad_cam_without_maps_says_what_it_needs() -> None:
    model = small_net()
    with pytest.raises(ValueError, match=r"returns maps \[N, channels, h, w\]; this one returned: \[1, 10\]"):
        grad_cam(model, torch.randn(1, 1, 12, 12), layer=model.fc)
    with pytest.raises(ValueError, match="this one returned: –"):
        grad_cam(model, torch.randn(1, 1, 12, 12), layer=PreActivationBlock(4, 4))
    with pytest.raises(ValueError, match="Sequential has no stages"):
        grad_cam(nn.Sequential(nn.Conv2d(1, 1, 3)), torch.randn(1, 1, 12, 12))
