"""A learner and riders as somebody else would write them: a student with its teacher, and light."""

from dataclasses import dataclass

import torch
from torch import nn

from workbench.learning import (
    LearnerEntry,
    RiderEntry,
    RiderMap,
    Schedule,
    Trained,
    TrainedRider,
    Training,
    learn,
)
from workbench.learning._loss import cross_entropy
from workbench.learning._samples import Batches, Order
from workbench.rider import Rider
from workbench.seeding import seed_of


@dataclass(frozen=True)
class Pair:
    """Trains a student by labels, and a critic that tells its softmax from noise."""

    epochs: int = 2
    batch_size: int = 4
    lr: float = 0.01
    view: str = "image"

    @property
    def training_schedule(self):
        return Schedule(self.epochs, self.batch_size, keep="best")

    def steps(self, samples):
        return self.training_schedule.steps(samples)

    def fit(self, task):
        samples = task.labelled(self.view)
        found = learn(
            task,
            self.training_schedule,
            len(samples),
            lambda fabric: PairTraining(self, task, fabric),
        )
        networks = {name: found.training.networks[name] for name in ("student", "teacher")}
        return Trained(networks, scan="teacher", validation=found.validation, extras=found.extras)


class PairTraining(Training):
    """Two optimisers, a teacher by moving average, batches of unlabelled images."""

    scan = "teacher"

    def __init__(self, settings, task, fabric):
        super().__init__(task, fabric)
        self.student, self.teacher = (
            task.network(name).to(fabric.device) for name in ("student", "teacher")
        )
        if task.previous is not None:
            task.previous.load(self.student, "student")
        self.teacher.requires_grad_(False)
        self.critic = nn.Linear(self.student.n_classes, 1).to(fabric.device)
        self.networks = {"student": self.student, "teacher": self.teacher, "critic": self.critic}
        self.optimizers = {
            "student": torch.optim.SGD(self.student.parameters(), settings.lr, momentum=0.9),
            "critic": torch.optim.Adam(self.critic.parameters(), 0.001, fused=True),
        }
        self.batches = Batches(task.labelled("image"), self.student.n_classes, None, fabric.device)
        self.pool = task.unlabelled()
        self.noise = torch.zeros(self.student.n_classes)  # a memory
        if len(self.pool):
            self.order = Order(len(self.pool), 2, 1, seed_of(task.seed, "unlabelled"))
            self.stateful = {"unlabelled": self.order}
        self.stateful["noise"] = self

    def state_dict(self):
        return {"noise": self.noise}

    def load_state_dict(self, state):
        self.noise = state["noise"]

    def rates(self, at):
        return {"student": 0.01 * (1 - at.step / at.steps)}

    def step(self, positions, at):
        images, masks = self.batches.take(positions)
        logits = self.student(self.student.normalise(images))
        terms = {"cross_entropy": cross_entropy(logits, masks)}
        if len(self.pool):
            (chosen,) = self.order.epoch()
            more = torch.stack([torch.from_numpy(self.pool[p][0].copy()) for p in chosen])
            theirs = self.teacher(self.teacher.normalise(more)).softmax(1)
            ours = self.student(self.student.normalise(more)).softmax(1)
            terms["consistency"] = (ours - theirs).square().mean()
        self.minimise(terms, "student")
        share = logits.detach().softmax(1).mean((0, 2, 3))
        self.noise = 0.9 * self.noise + 0.1 * torch.rand_like(share)
        self.minimise({"critic": self.critic(share - self.noise).square().mean()}, "critic")
        with torch.no_grad():
            for old, new in zip(self.teacher.parameters(), self.student.parameters(), strict=True):
                old.lerp_(new, 0.5)
            for old, new in zip(self.teacher.buffers(), self.student.buffers(), strict=True):
                old.copy_(new)

    def validate(self):
        return self.task.validate(self.teacher)


class Light(nn.Module):
    """Predicts clicks by how bright a pixel is."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(0.001))

    def predict(self, images):
        light = self.scale * images.to(self.scale.device).float().mean(-1)
        return {"light": light, "brightness": light.mean((1, 2))}

    def folded(self):
        return self


class LightRider:
    """Needs no training."""

    def steps(self, samples):
        return 0

    def fit(self, task):
        assert len(task.clicks())
        network = Light().to(task.compute.device).eval()
        return TrainedRider(Rider(task.rider, network, task.maps, task.numbers), {"done": True})


class Judge(nn.Module):
    """Gives one number per image, as a discriminator does: how much red it has."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(0.01))

    def predict(self, images):
        return {"doubt": self.scale * images[..., 0].to(self.scale.device).float().mean((1, 2))}

    def folded(self):
        return self


@dataclass(frozen=True)
class Judged:
    """Returns a rider of its own beside the network; nothing is trained."""

    view: str = "image"

    def steps(self, samples):
        return 0

    def fit(self, task):
        device = task.compute.device
        rider = Rider("judge", Judge().to(device).eval(), numbers=("doubt",))
        return Trained({"network": task.network().to(device).eval()}, riders=(rider,))


PAIR = LearnerEntry(
    "pair",
    "tests.learning.two_networks:Pair",
    "Two networks.",
    source="tests",
    continues=lambda _: True,
)
JUDGED = LearnerEntry(
    "judged",
    "tests.learning.two_networks:Judged",
    "A network and its judge.",
    source="tests",
    columns=("doubt",),
)
LIGHT = RiderEntry(
    "light",
    "tests.learning.two_networks:LightRider",
    "How bright it is.",
    source="tests",
    maps=(RiderMap("light", "lux", {"clicks": "sum"}, high=0.3),),
    numbers=("brightness",),
)
