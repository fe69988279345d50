#include <algorithm>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

using Count = std::pair<std::string, int>;

static std::vector<Count> most_frequent(std::istream &text, size_t n)
{
	std::map<std::string, int> counts;
	for (std::string word; text >> word;)
		counts[word]++;

	std::vector<Count> sorted(counts.begin(), counts.end());
	std::stable_sort(sorted.begin(), sorted.end(),
			 [](const Count &a, const Count &b) {
				 return a.second > b.second;
			 });
	sorted.resize(std::min(n, sorted.size()));
	return sorted;
}

int main()
{
	std::istringstream text("a rose is a rose is a rose");
	for (const auto &[word, count] : most_frequent(text, 3))
		std::cout << count << ' ' << word << '\n';
}
