import pytest

from workbench.store import open_store


@pytest.fixture(scope="session")
def store(shared):
    """Three methods, two seeds, three cycles; the last run was killed in its last cycle."""
    return open_store(shared.sample(images=8, running=True))


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
