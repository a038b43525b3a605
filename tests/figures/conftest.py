import pytest

from tests.store.sample import write_sample_store
from workbench.store import open_store


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    """Two methods, two seeds, three cycles; the last run was killed in its last cycle."""
    path = tmp_path_factory.mktemp("figures") / "store"
    methods = ("random", "entropy", "k_center")
    return open_store(write_sample_store(path, methods=methods, images=8, running=True))


@pytest.fixture
def experiment(store):
    return store.experiments()[0]


@pytest.fixture
def runs(experiment):
    return experiment.runs()


@pytest.fixture(scope="session")
def projection(store):
    """The first two embedding dimensions: a projection that needs no computing."""
    from workbench.store import Projection

    embeddings = store.experiments()[0].runs()[0].cycle(0).embeddings
    about = {"title": "PCA", "total": len(embeddings)}
    return Projection("test", embeddings.unit_ids, embeddings.vectors[:, :2].astype(float), about)
