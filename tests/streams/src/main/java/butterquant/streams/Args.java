package butterquant.streams;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Arguments of the form `--name value`, some of them more than once. */
final class Args {
    private final Map<String, List<String>> values = new HashMap<>();

    Args(String[] given) {
        for (int i = 0; i < given.length; i += 2) {
            if (!given[i].startsWith("--") || i + 1 == given.length) {
                throw new IllegalArgumentException("expected --name value, not " + given[i]);
            }
            all(given[i].substring(2)).add(given[i + 1]);
        }
    }

    List<String> all(String name) {
        return values.computeIfAbsent(name, none -> new ArrayList<>());
    }

    String get(String name, String otherwise) {
        List<String> found = all(name);
        return found.isEmpty() ? otherwise : found.get(found.size() - 1);
    }

    String need(String name) {
        String found = get(name, null);
        if (found == null) {
            throw new IllegalArgumentException("--" + name + " is missing");
        }
        return found;
    }

    long number(String name, long otherwise) {
        String found = get(name, null);
        return found == null ? otherwise : Long.parseLong(found);
    }
}
