"""For each part its title, and how its figures come about, as docs/benchmarks.md tells it."""

READINGS = {
    "evaluation": (
        "Overhead of one evaluation",
        """\
Three setpoints, five observables, the random generator. A campaign of 10 000 evaluations and a bare loop (Xopt's
generator, pyepics put and get, one fresh update of each observable) take turns of 100 evaluations on equal records of
one IOC that settles at once. Meanwhile the modules' worker runs a module ten times a second, each run with its trace,
the default worker gets ten pieces of work a second, the monitor follows all channels, and five pages follow the
campaign. A cycle is the time from the first put of an evaluation to the first put of the next, by the IOC's log. Ours
contains all checks before each put, two synced transactions, and the events that pages see.""",
    ),
    "stop": (
        "STOP",
        """\
From sending the request of the page's STOP button (a logged-in session, a connection that is kept) to the last put that
is no part of the way back, and to the first that is, by the IOC's log. *While a put waits*: the supply takes 2 s to
complete it. *For a frozen IOC*: the process of the IOC is stopped, so nothing can be put; the way back begins with its
record, and the second figure counts from the moment the IOC hears again. The rival is Ctrl-C in a bare loop that puts
its setpoints back: it asks nobody and records nothing, but somebody has to sit at that terminal.""",
    ),
    "death": (
        "A worker dies",
        """\
SIGKILL to the process that writes, at any moment, to the first put of the watchdog's way back, by the IOC's log. The
rival is a parent process that waits for the bare loop's end and puts back; when the parent dies too, nobody does.""",
    ),
    "live": (
        "Live events",
        """\
A process publishes events in transactions of their own; 25 websocket clients follow the stream, and each sighting of
each event counts, from before the transaction to the parsed message. The rival is a bare relay from the broker to
websockets: nothing is stored or numbered, nobody is asked who they are, nothing is coalesced.""",
    ),
    "pages": (
        "Long lists",
        """\
Requests of a logged-in person over one connection to the running server, from sending to having all of the answer:
sessions, permissions, the whole page with its shell, and the data of its charts. Each of the campaigns in the list has
ten evaluations. The rival is a plain Django table of the same rows: no login, no shell. The numbers of queries are
compared with those of a database of 60 campaigns and 100 evaluations.""",
    ),
    "house": (
        "Start, end, memory",
        """\
`xoptweb up` is what `make up` runs. A first page is an answer of the login page. Memory is the proportional set size of
all processes (shared pages count once), 20 s after a person looked at every kind of page.""",
    ),
    "modules": (
        "Modules",
        """\
Installing the calculator of the examples anew with what it needs in uv's cache: unpacking, environment, SDK, a first
start, and the records. A run counts from the service call to its return, with its rows, its trace and its events; cold
means that no process of the module is there. A thousand runs go through queue and workers, from the first request to
the last end. Memory is the proportional set size of all processes. A trace is opened as a person opens it: the run, and
a page of events from its middle.""",
    ),
    "agents": (
        "The assistant",
        """\
A model in a process of its own thinks for 20 ms and streams. *First words*: in whole turns, of which pages are told
just before, from the call of the gateway (profile, breaker, budget, the record of the call, the request) to the first
piece in a websocket client of the running server, less the model's own time between having read the question and
beginning to answer; between two turns it is quiet for 0.3 s, as what follows quickly is pushed at most 25 times a
second. The rival is the same client library, read where it is called. *A step of the loop*: from one tool's result to
the next, less the call of the model and the tool itself, in turns of 16 steps that keep everything in the database as
it happens; the rival keeps its history in a list. The conversation is opened as a person opens it, over one connection
to the running server: its page shows the newest 20 turns of 100, and the others by “Earlier”, which is measured as
well.""",
    ),
}
