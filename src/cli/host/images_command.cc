// `meshka images`: what the node can run, and under which names.
#include "base/strings.h"
#include "cli/host/commands.h"
#include "cli/host/containerd.h"
#include "doc/json.h"
#include "doc/yaml.h"
#include "io/disk.h"

namespace meshka::cli::host {
namespace {

const Command kImages = {
    .name = "meshka images",
    .arguments = "[IMAGE]",
    .summary =
        "lists the images that the node can run; with IMAGE says which one stands for that name",
    .details =
        "Nothing is ever pulled. deploy/images.yaml is the list; make images builds what changed.",
    .flags = {{.name = "output",
               .letter = 'o',
               .value_name = "FORMAT",
               .help = "how to print",
               .default_value = "text",
               .choices = {"text", "json", "yaml"}}},
    .max_arguments = 1,
};

}  // namespace

const Command& imagesCommand() {
  return kImages;
}

io::Task<int> images(CommandContext& context, std::vector<std::string> words) {
  const auto parsed = parse(kImages, words);
  if (!parsed) co_return complain(context.console, "meshka", parsed.error());
  if (parsed->help()) {
    context.console.out(helpText(kImages));
    co_return kOk;
  }
  const auto text = co_await context.world.disk.readFile(context.home.images + "/catalog.json");
  if (!text)
    co_return complain(context.console, "meshka",
                       text.error().with("no images are built (make images)"));
  const auto catalog = parseCatalog(*text);
  if (!catalog) co_return complain(context.console, "meshka", catalog.error().with("catalog.json"));
  if (!parsed->arguments().empty()) {
    const std::string& asked = parsed->arguments()[0];
    const std::string ours = imageFor(*catalog, asked);
    if (ours.empty())
      co_return complain(context.console, "meshka",
                         Error(Code::kNotFound, cat("no image stands for \"", asked,
                                                    "\"; meshka images lists them")));
    context.console.out(ours + "\n");
    co_return kOk;
  }
  doc::Draft list = doc::Draft::array();
  std::string lines;
  for (const CatalogImage& image : *catalog) {
    doc::Draft entry = doc::Draft::object();
    entry["name"] = image.name;
    entry["digest"] = image.digest;
    entry["aliases"] = doc::Draft::strings(image.aliases);
    list.push(std::move(entry));
    lines += cat(image.name, std::string(image.name.size() < 32 ? 32 - image.name.size() : 1, ' '),
                 join(image.aliases, " "), "\n");
  }
  const std::string format = parsed->get("output");
  const doc::Doc out = list.finish();
  context.console.out(format == "json"   ? doc::toPrettyJson(out) + "\n"
                      : format == "yaml" ? doc::toYaml(out)
                                         : lines);
  co_return kOk;
}

}  // namespace meshka::cli::host
